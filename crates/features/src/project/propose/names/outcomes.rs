//! Columns that tell of the outcome or come with it, and words in what stands in them.

use super::Names;

pub(in crate::project::propose) const CONVERTED: Names = &[
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
pub(in crate::project::propose) const SIGNED: Names = &[
    "signed_at",
    "signed_on",
    "signed_date",
    "date_signed",
    "signed",
    "fecha_firma",
    "firmado_en",
];
/// When a lead was closed: CRMs fill it in for deals that are won, too, and for open ones with a guess.
pub(in crate::project::propose) const CLOSED_EITHER_WAY: Names = &[
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
pub(in crate::project::propose) const PLANNED: Names =
    &["close_date", "closing_date", "fecha_cierre", "fecha_de_cierre"];
/// Words of dates that tell when a deal ends: with one of what is expected a plan of whoever sells.
pub(in crate::project::propose) const END_WORDS: Names =
    &["close", "closing", "closedate", "cierre", "won", "sale", "venta", "conversion", "decision"];
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
pub(in crate::project::propose) const CLOSED: Names =
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
pub(in crate::project::propose) const OUTCOME: Names = &[
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
pub(in crate::project::propose) const WON_WORDS: Names = &[
    "won",
    "closedwon",
    "ganado",
    "ganada",
    "ganadas",
    "ganados",
    "converted",
    "convertido",
    "convertida",
];
/// The same of those that were lost.
pub(in crate::project::propose) const LOST_WORDS: Names = &[
    "lost",
    "closedlost",
    "perdido",
    "perdida",
    "perdidas",
    "perdidos",
    "disqualified",
    "unqualified",
    "descartado",
    "descartada",
];
/// Stages of those that have bought, where nothing else stands in the value.
pub(in crate::project::propose) const CUSTOMER_STAGES: Names =
    &["customer", "evangelist", "cliente", "evangelizador"];
/// Values of a stage of deals that are closed, either way, where nothing else stands in the value.
pub(in crate::project::propose) const CLOSED_VALUES: Names =
    &["closed", "cerrado", "cerrada", "finalizado", "finalizada"];
/// Words that turn those of winning round.
pub(in crate::project::propose) const DENIALS: Names = &["no", "not"];
/// Columns that say whether a lead is closed, either way.
pub(in crate::project::propose) const IS_CLOSED: Names = &[
    "is_closed",
    "is_deal_closed",
    "deal_closed",
    "closed",
    "cerrado",
    "cerrada",
    "esta_cerrado",
    "esta_cerrada",
    "negocio_cerrado",
];
/// Columns that say whether it was lost.
pub(in crate::project::propose) const IS_LOST: Names =
    &["lost", "is_lost", "closed_lost", "is_closed_lost", "perdido", "perdida", "esta_perdido"];
/// Columns that are filled in when a lead is closed: why, for how much, after how long.
pub(in crate::project::propose) const AT_THE_END: Names = &[
    "close_reason",
    "closing_reason",
    "won_reason",
    "lost_reason",
    "loss_reason",
    "reason_lost",
    "reason_won",
    "deal_lost_reason",
    "closed_won_reason",
    "closed_lost_reason",
    "motivo_perdida",
    "motivo_de_perdida",
    "motivo_de_la_perdida",
    "razon_perdida",
    "razon_de_perdida",
    "razon_de_la_perdida",
    "motivo_cierre",
    "motivo_de_cierre",
    "motivo_de_negocio_perdido",
    "motivo_de_negocio_ganado",
    "amount_won",
    "won_amount",
    "value_won",
    "won_value",
    "won_revenue",
    "closed_amount",
    "closed_won_amount",
    "importe_ganado",
    "importe_cerrado",
    "importe_de_cierre",
    "valor_ganado",
    "monto_ganado",
    "monto_cerrado",
    "days_to_close",
    "dias_para_cerrar",
    "dias_hasta_el_cierre",
];
/// What a lead became when it was converted.
pub(in crate::project::propose) const BECAME: Names = &[
    "converted_account_id",
    "converted_account",
    "converted_contact_id",
    "converted_contact",
    "converted_opportunity_id",
    "converted_opportunity",
    "converted_deal_id",
    "converted_deal",
    "id_cuenta_convertida",
    "cuenta_convertida",
    "id_contacto_convertido",
    "contacto_convertido",
    "id_oportunidad_convertida",
    "oportunidad_convertida",
];
/// What whoever sells, or the CRM, expects: it moves towards the outcome as a deal goes on.
pub(in crate::project::propose) const FORECAST: Names = &[
    "probability",
    "deal_probability",
    "close_probability",
    "deal_stage_probability",
    "opportunity_probability",
    "win_probability",
    "forecast_category",
    "manual_forecast_category",
    "forecast_category_name",
    "forecast_probability",
    "forecast_amount",
    "projected_amount",
    "expected_revenue",
    "expected_value",
    "weighted_amount",
    "weighted_value",
    "probabilidad",
    "probabilidad_del_negocio",
    "probabilidad_de_cierre",
    "probabilidad_de_la_etapa",
    "categoria_de_prevision",
    "categoria_de_pronostico",
    "ingresos_esperados",
    "ingresos_previstos",
    "importe_previsto",
    "importe_ponderado",
    "valor_ponderado",
];
/// Dates of plans of whoever sells, beside those of [`END_WORDS`].
pub(in crate::project::propose) const PLANNED_END: Names =
    &["fecha_prevista", "fecha_estimada", "fecha_esperada", "expected_date", "forecast_date"];
/// When a row was last changed, which the outcome does.
pub(in crate::project::propose) const CHANGED: Names = &[
    "updated_at",
    "update_time",
    "date_updated",
    "last_updated",
    "modified_at",
    "modified_time",
    "modified_date",
    "last_modified",
    "last_modified_date",
    "system_modstamp",
    "fecha_ultima_modificacion",
    "fecha_de_ultima_modificacion",
    "fecha_de_la_ultima_modificacion",
    "fecha_modificacion",
    "fecha_de_modificacion",
    "fecha_actualizacion",
    "fecha_de_actualizacion",
];
/// Columns that sales fills in on the way to the outcome.
pub(in crate::project::propose) const STAGE: Names = &[
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
    "etapa_de_ciclo_de_vida",
    "fase_del_negocio",
    "estado",
    "estado_lead",
    "estado_del_lead",
    "estado_oportunidad",
    "estado_de_la_oportunidad",
    "estado_negocio",
    "estado_del_negocio",
    "situacion",
];
