//! Columns of events, and kinds of them.

use super::Names;

pub(in crate::project::propose) const EVENT_KIND: Names = &[
    "kind",
    "event_kind",
    "event_type",
    "event_name",
    "event",
    "activity_type",
    "activity",
    "action",
    "type",
    "tipo_evento",
    "tipo_de_evento",
    "evento",
    "tipo_actividad",
    "actividad",
    "accion",
    "tipo",
];
pub(in crate::project::propose) const EVENT_AT: Names = &[
    "at",
    "occurred_at",
    "happened_at",
    "event_at",
    "event_time",
    "event_timestamp",
    "event_date",
    "activity_date",
    "activity_at",
    "activity_time",
    "timestamp",
    "ts",
    "datetime",
    "time",
    "date",
    "created_at",
    "created_date",
    "created_time",
    "date_created",
    "add_time",
    "fecha_actividad",
    "fecha_de_actividad",
    "fecha_evento",
    "fecha_hora",
    "fecha_y_hora",
    "fecha",
    "momento",
    "hora",
];
pub(in crate::project::propose) const KNOWN_AT: Names = &[
    "known_at",
    "recorded_at",
    "received_at",
    "ingested_at",
    "logged_at",
    "synced_at",
    "inserted_at",
    "loaded_at",
    "registrado_en",
    "recibido_en",
    "fecha_registro",
    "fecha_carga",
];
pub(in crate::project::propose) const EVENT_ID: Names = &[
    "event_id",
    "id_evento",
    "evento_id",
    "activity_id",
    "id_actividad",
    "event_uuid",
    "message_id",
    "uuid",
    "id",
];
pub(in crate::project::propose) const EVENT_LEAD: Names =
    &["who_id", "what_id", "visitor_id", "user_id", "person_id", "usuario_id", "visitante_id"];
/// Whether an activity was done, or is planned.
pub(in crate::project::propose) const DONE: Names =
    &["done", "is_done", "completed", "hecho", "hecha", "realizada"];
/// What stands in such a column where it is planned.
pub(in crate::project::propose) const PLANNED_WORDS: Names =
    &["to_do", "todo", "no", "false", "0", "not_done", "planned", "open", "pending", "pendiente"];
pub(in crate::project::propose) const PAGE: Names =
    &["page", "page_url", "page_path", "url", "path", "pagina", "url_pagina", "ruta"];
pub(in crate::project::propose) const EMAIL_TYPE: Names =
    &["email_type", "mail_type", "campaign_type", "tipo_email", "tipo_correo", "tipo_de_correo"];
pub(in crate::project::propose) const AMOUNT: Names =
    &["value", "amount", "revenue", "total", "price", "valor", "importe", "monto", "precio"];
/// Ids of whoever has a browser, known before they have a name.
pub(in crate::project::propose) const VISITOR: Names = &[
    "visitor_id",
    "anonymous_id",
    "cookie_id",
    "client_id",
    "ga_client_id",
    "device_id",
    "visitante_id",
    "id_visitante",
];
pub(in crate::project::propose) const IP: Names =
    &["ip", "ip_address", "client_ip", "direccion_ip"];
pub(in crate::project::propose) const HISTORY_ATTRIBUTE: Names =
    &["attribute", "attribute_name", "field", "field_name", "atributo", "campo"];
pub(in crate::project::propose) const HISTORY_VALUE: Names =
    &["to", "new_value", "to_value", "nuevo_valor", "valor_nuevo"];

pub(in crate::project::propose) const SET: Names =
    &["set", "attribute_set", "attribute_change", "field_change", "property_change", "cambio"];
pub(in crate::project::propose) const PAGE_VIEW: Names = &[
    "page_view",
    "pageview",
    "page_viewed",
    "page_visit",
    "page",
    "visit",
    "visita",
    "visita_pagina",
    "pagina_vista",
];
pub(in crate::project::propose) const SENT: Names =
    &["email_sent", "mail_sent", "sent", "email_delivered", "email_enviado", "correo_enviado"];
pub(in crate::project::propose) const OPENED: Names = &[
    "email_opened",
    "email_open",
    "mail_opened",
    "opened",
    "open",
    "email_abierto",
    "correo_abierto",
];
pub(in crate::project::propose) const CLICKED: Names = &[
    "email_clicked",
    "email_click",
    "mail_clicked",
    "clicked",
    "click",
    "email_clic",
    "clic",
    "email_pulsado",
];
pub(in crate::project::propose) const PURCHASE: Names =
    &["purchase", "order", "sale", "compra", "pedido", "venta"];
