//! `layer_types` against what a family makes of it.

use crate::config::Fields;
use crate::error::Defect;
use serde_json::Value;

const SLIDING: &str = "sliding_attention";

/// Refuses a list of layers of which some would slide where nothing says how far.
pub(crate) fn have_a_window(fields: Fields<'_>, family: &str) -> Result<(), Defect> {
    let slides = fields.list("layer_types")?.unwrap_or_default().iter().any(|kind| kind == SLIDING);
    // Qwen's window is there only where it is used.
    let unused = family.starts_with("qwen") && !fields.flag("use_sliding_window")?.unwrap_or(false);
    if slides && (unused || fields.mentions("sliding_window") && fields.get("sliding_window").is_none()) {
        let field = if unused { "use_sliding_window" } else { "sliding_window" };
        let allowed = format!("a window, since layer_types has {SLIDING}");
        return Err(Defect::value(field, if unused { "false" } else { "null" }, &allowed));
    }
    Ok(())
}

/// Of a family that does not read it: refuses a list that says of its `layers` what they are not. Those of a family without
/// windows are full; of one with windows all slide.
pub(crate) fn are_the_family_s(fields: Fields<'_>, layers: usize, has_windows: bool) -> Result<(), Defect> {
    let Some(types) = fields.list("layer_types")? else { return Ok(()) };
    if types.len() != layers {
        return Err(Defect::value("layer_types", types.len(), &format!("a list of {layers}, one for each layer")));
    }
    let is = |kind: &'static str| move |found: &&Value| **found == kind;
    if let Some(other) = types.iter().find(|kind| !is("full_attention")(kind) && !is(SLIDING)(kind)) {
        return Err(Defect::unsupported("layer_types", other, "full_attention, sliding_attention"));
    }
    let sliding = types.iter().filter(is(SLIDING)).count();
    if sliding > 0 && !(has_windows && sliding == layers) {
        let what = format!("a list with {sliding} of {layers} {SLIDING}");
        return Err(Defect::unsupported("layer_types", what, "layers of one kind in this family"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(config: &Value, family: &str, has_windows: bool) -> Option<String> {
        let fields = Fields::new(config.as_object().unwrap());
        let verdict = have_a_window(fields, family).and_then(|()| are_the_family_s(fields, 2, has_windows));
        verdict.err().map(|defect| defect.to_string())
    }

    #[test]
    fn lists_say_what_layers_are_or_are_refused() {
        let (full, sliding) = ("full_attention", "sliding_attention");
        for (types, family, has_windows, expected) in [
            (json!([full, full]), "llama", false, None),
            (json!(null), "llama", false, None),
            (json!([full]), "llama", false, Some("layer_types is 1; it must be a list of 2")),
            (json!(["linear_attention", full]), "llama", false, Some("layer_types is \"linear_attention\"")),
            (json!([sliding, full]), "llama", false, Some("a list with 1 of 2")),
            (json!([sliding, sliding]), "mixtral", true, None),
            (json!([sliding, full]), "mixtral", true, Some("a list with 1 of 2")),
            (json!([sliding, full]), "mistral", true, Some("a list with 1 of 2")),
            (json!([sliding, sliding]), "qwen3_moe", true, Some("use_sliding_window is false")),
        ] {
            let found = refused(&json!({"layer_types": types, "sliding_window": 4}), family, has_windows);
            assert!(
                found.as_deref().map_or(expected.is_none(), |found| found.contains(expected.unwrap_or("nothing"))),
                "{found:?}"
            );
        }
        let none = json!({"layer_types": [sliding, full], "sliding_window": null});
        assert!(refused(&none, "gemma2", true).unwrap().contains("sliding_window is null; it must be a window"));
    }
}
