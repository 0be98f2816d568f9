//! The names that columns and kinds of events have in exports, in English and Spanish, and words in them.

/// A role, with the names that columns have in it, the surest first, as [`plain`] writes them.
pub(super) type Names = &'static [&'static str];

pub(super) const LEAD: Names = &[
    "lead_id",
    "id_lead",
    "leadid",
    "lead",
    "lead_number",
    "lead_no",
    "prospect_id",
    "contact_id",
    "customer_id",
    "client_id",
    "record_id",
    "id_prospecto",
    "prospecto_id",
    "id_contacto",
    "contacto_id",
    "id_cliente",
    "cliente_id",
    "deal_id",
    "opportunity_id",
    "id_negocio",
    "id_del_negocio",
    "id_oportunidad",
];
/// Names that are an id of whatever the file is of.
pub(super) const ANY_ID: Names = &["id", "uuid", "guid", "identificador"];
pub(super) const ACCOUNT: Names = &[
    "account_id",
    "account",
    "account_name",
    "company_id",
    "organization_id",
    "organisation_id",
    "org_id",
    "id_cuenta",
    "cuenta_id",
    "cuenta",
    "id_empresa",
    "empresa_id",
    "cif",
    "company",
    "company_name",
    "organization",
    "organisation",
    "organization_name",
    "organisation_name",
    "associated_company",
    "empresa",
    "nombre_empresa",
    "compania",
    "cliente",
    "nombre_cliente",
    "razon_social",
    "customer",
    "customer_name",
];
pub(super) const CREATED: Names = &[
    "created_at",
    "created",
    "created_on",
    "created_date",
    "creation_date",
    "create_date",
    "date_created",
    "created_time",
    "add_time",
    "lead_created_at",
    "signed_up_at",
    "signup_date",
    "registered_at",
    "registration_date",
    "fecha_creacion",
    "fecha_de_creacion",
    "creado_en",
    "creado_el",
    "creado",
    "fecha_alta",
    "fecha_de_alta",
    "alta",
    "fecha_registro",
    "fecha_de_registro",
];
pub(super) const CONVERTED: Names = &[
    "converted_at",
    "converted_on",
    "converted_date",
    "conversion_date",
    "date_converted",
    "converted_date_time",
    "converted_time",
    "conversion_time",
    "converted",
    "won_at",
    "won_date",
    "won_time",
    "date_won",
    "closed_won_at",
    "closed_won_date",
    "purchase_date",
    "purchased_at",
    "became_customer_at",
    "became_customer_date",
    "became_a_customer_date",
    "lifecyclestage_customer_date",
    "lifecycle_stage_customer_date",
    "customer_since",
    "contract_signed",
    "contract_signed_at",
    "contract_signed_on",
    "contract_signed_date",
    "first_purchase",
    "first_purchase_at",
    "first_purchase_date",
    "fecha_conversion",
    "fecha_de_conversion",
    "convertido_en",
    "convertido",
    "fecha_venta",
    "fecha_de_venta",
    "fecha_compra",
    "ganado_en",
    "fecha_ganado",
    "fecha_de_ganado",
    "fecha_ganada",
    "ganado",
    "cliente_desde",
    "contrato_firmado",
    "firma_contrato",
    "fecha_firma_contrato",
    "primera_compra",
];
/// As [`CONVERTED`], where a column is named so and nothing more: `nda_signed_at` is no outcome.
pub(super) const SIGNED: Names = &[
    "signed_at",
    "signed_on",
    "signed_date",
    "date_signed",
    "signed",
    "fecha_firma",
    "firmado_en",
];
/// When a lead was closed: CRMs fill it in for deals that are won, too, and for open ones with a guess.
pub(super) const CLOSED_EITHER_WAY: Names = &[
    "closed_at",
    "closed_on",
    "closed_date",
    "close_date",
    "closing_date",
    "date_closed",
    "fecha_cierre",
    "fecha_de_cierre",
    "cerrado_en",
    "cerrado",
    "outcome_date",
    "decision_date",
    "fecha_resultado",
    "fecha_de_resultado",
];
/// Of these, what open deals have too: when they are to be closed.
pub(super) const PLANNED: Names =
    &["close_date", "closing_date", "fecha_cierre", "fecha_de_cierre"];
/// When a lead was lost.
const LOST: Names = &[
    "lost_at",
    "lost_date",
    "lost_time",
    "date_lost",
    "closed_lost_at",
    "closed_lost_date",
    "disqualified_at",
    "perdido_en",
    "fecha_perdida",
    "fecha_de_perdida",
    "fecha_perdido",
    "fecha_de_perdido",
];
/// When a lead was lost, before when it was closed either way.
pub(super) const CLOSED: Names =
    &joined::<{ LOST.len() + CLOSED_EITHER_WAY.len() }>(LOST, CLOSED_EITHER_WAY);

/// Names of one role, then those of another; as many as both have.
const fn joined<const N: usize>(first: Names, then: Names) -> [&'static str; N] {
    let mut all = [""; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < first.len() { first[at] } else { then[at - first.len()] };
        at += 1;
    }
    all
}

/// Columns that say whether a lead converted: the outcome in other words.
pub(super) const OUTCOME: Names = &[
    "converted",
    "is_converted",
    "won",
    "is_won",
    "closed_won",
    "is_closed_won",
    "customer",
    "is_customer",
    "purchased",
    "outcome",
    "result",
    "target",
    "convertido",
    "ganado",
    "cliente",
    "es_cliente",
    "resultado",
    "ganada",
    "esta_ganado",
    "esta_ganada",
    "cerrado_y_ganado",
    "esta_cerrado_y_ganado",
    "closed_and_won",
];
/// Words for deals that were won, among those of a stage or an outcome.
pub(super) const WON_WORDS: Names =
    &["won", "ganado", "ganada", "ganadas", "ganados", "converted", "convertido", "convertida"];
/// The same of those that were lost.
pub(super) const LOST_WORDS: Names = &[
    "lost",
    "perdido",
    "perdida",
    "perdidas",
    "perdidos",
    "disqualified",
    "unqualified",
    "descartado",
    "descartada",
];
/// Words that turn those of winning round.
pub(super) const DENIALS: Names = &["no", "not"];
/// Columns that are filled in, or change, when a lead is closed.
pub(super) const ENDED: Names = &[
    "lost",
    "is_lost",
    "is_closed",
    "is_closed_lost",
    "is_deal_closed",
    "close_reason",
    "won_reason",
    "lost_reason",
    "loss_reason",
    "deal_lost_reason",
    "closed_won_reason",
    "closed_lost_reason",
    "motivo_perdida",
    "motivo_de_perdida",
    "probability",
    "deal_probability",
    "close_probability",
    "forecast_category",
    "forecast_category_name",
    "forecast_probability",
    "probabilidad",
    "probabilidad_de_cierre",
    "categoria_de_prevision",
];
/// When a row was last changed, which the outcome does.
pub(super) const CHANGED: Names = &[
    "updated_at",
    "update_time",
    "date_updated",
    "last_updated",
    "modified_at",
    "modified_time",
    "modified_date",
    "last_modified",
    "last_modified_date",
    "fecha_modificacion",
    "fecha_de_modificacion",
    "fecha_actualizacion",
    "fecha_de_actualizacion",
];
/// Columns that sales fills in on the way to the outcome.
pub(super) const STAGE: Names = &[
    "stage",
    "lead_stage",
    "deal_stage",
    "stage_name",
    "lifecycle_stage",
    "status",
    "lead_status",
    "status_label",
    "status_type",
    "deal_status",
    "opportunity_stage",
    "deal_amount",
    "etapa",
    "etapa_del_negocio",
    "etapa_del_ciclo_de_vida",
    "fase",
    "estado",
    "estado_lead",
    "estado_del_lead",
    "estado_oportunidad",
    "estado_de_la_oportunidad",
    "estado_negocio",
    "estado_del_negocio",
    "situacion",
];
pub(super) const EMAIL: Names = &[
    "email",
    "e_mail",
    "mail",
    "email_address",
    "work_email",
    "correo",
    "correo_electronico",
    "direccion_de_correo",
];
pub(super) const PHONE: Names = &[
    "phone",
    "phone_number",
    "mobile",
    "mobile_phone",
    "telephone",
    "tel",
    "telefono",
    "movil",
    "numero_de_telefono",
];
pub(super) const COUNTRY: Names =
    &["country", "country_code", "country_region", "pais", "codigo_pais"];
pub(super) const JOB_TITLE: Names = &[
    "job_title",
    "title",
    "job",
    "position",
    "job_role",
    "role",
    "cargo",
    "puesto",
    "puesto_de_trabajo",
];
pub(super) const COMPANY: Names = &[
    "website",
    "company_website",
    "domain",
    "company_domain",
    "web",
    "sitio_web",
    "dominio",
    "company",
    "company_name",
    "organization",
    "organisation",
    "empresa",
    "nombre_empresa",
    "compania",
    "account_name",
];
pub(super) const EMPLOYEES: Names = &[
    "employees",
    "number_of_employees",
    "num_employees",
    "employee_count",
    "no_of_employees",
    "company_size",
    "headcount",
    "empleados",
    "numero_de_empleados",
    "num_empleados",
    "tamano_empresa",
];
pub(super) const PERSON: Names = &[
    "full_name",
    "name",
    "first_name",
    "last_name",
    "contact_name",
    "person_name",
    "primary_contact_name",
    "lead_name",
    "surname",
    "nombre_completo",
    "nombre",
    "apellidos",
    "apellido",
    "nombre_y_apellidos",
    "contact_person",
    "associated_contact",
    "primary_contact",
    "main_contact",
    "persona_de_contacto",
    "persona_contacto",
    "contacto_principal",
    "contacto_asociado",
    "nombre_contacto",
    "nombre_de_contacto",
    "nombre_del_contacto",
];
/// Words in the names of columns about who sells, or who wrote a row.
pub(super) const SELLER_WORDS: Names = &[
    "owner",
    "rep",
    "seller",
    "salesperson",
    "agent",
    "assigned",
    "assignee",
    "by",
    "propietario",
    "comercial",
    "vendedor",
    "responsable",
    "asignado",
    "por",
];
/// Columns that name what is another in nearly every row, or else somebody who has many leads: that may matter.
pub(super) const ANYBODY: Names = &[
    "contact",
    "contact_id",
    "contact_name",
    "contact_person",
    "contacto",
    "persona_de_contacto",
    "nombre_de_contacto",
    "nombre_del_contacto",
    "owner",
    "owner_name",
    "propietario",
    "responsable",
    "comercial",
    "assigned_to",
    "asignado_a",
    "deal_name",
    "deal_title",
    "opportunity_name",
    "nombre_del_negocio",
    "nombre_de_la_oportunidad",
];
pub(super) const CODES: Names =
    &["zip", "zip_code", "postal_code", "postcode", "cp", "codigo_postal", "sic", "naics", "cnae"];

pub(super) const EVENT_KIND: Names = &[
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
pub(super) const EVENT_AT: Names = &[
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
pub(super) const KNOWN_AT: Names = &[
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
pub(super) const EVENT_ID: Names = &[
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
pub(super) const EVENT_LEAD: Names =
    &["who_id", "what_id", "visitor_id", "user_id", "person_id", "usuario_id", "visitante_id"];
/// Whether an activity was done, or is planned.
pub(super) const DONE: Names = &["done", "is_done", "completed", "hecho", "hecha", "realizada"];
/// What stands in such a column where it is planned.
pub(super) const PLANNED_WORDS: Names =
    &["to_do", "todo", "no", "false", "0", "not_done", "planned", "open", "pending", "pendiente"];
pub(super) const PAGE: Names =
    &["page", "page_url", "page_path", "url", "path", "pagina", "url_pagina", "ruta"];
pub(super) const EMAIL_TYPE: Names =
    &["email_type", "mail_type", "campaign_type", "tipo_email", "tipo_correo", "tipo_de_correo"];
pub(super) const AMOUNT: Names =
    &["value", "amount", "revenue", "total", "price", "valor", "importe", "monto", "precio"];
pub(super) const IP: Names = &["ip", "ip_address", "client_ip", "direccion_ip"];
pub(super) const HISTORY_ATTRIBUTE: Names =
    &["attribute", "attribute_name", "field", "field_name", "atributo", "campo"];
pub(super) const HISTORY_VALUE: Names =
    &["to", "new_value", "to_value", "nuevo_valor", "valor_nuevo"];

pub(super) const SET: Names =
    &["set", "attribute_set", "attribute_change", "field_change", "property_change", "cambio"];
pub(super) const PAGE_VIEW: Names = &[
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
pub(super) const SENT: Names =
    &["email_sent", "mail_sent", "sent", "email_delivered", "email_enviado", "correo_enviado"];
pub(super) const OPENED: Names = &[
    "email_opened",
    "email_open",
    "mail_opened",
    "opened",
    "open",
    "email_abierto",
    "correo_abierto",
];
pub(super) const CLICKED: Names = &[
    "email_clicked",
    "email_click",
    "mail_clicked",
    "clicked",
    "click",
    "email_clic",
    "clic",
    "email_pulsado",
];
pub(super) const PURCHASE: Names = &["purchase", "order", "sale", "compra", "pedido", "venta"];
