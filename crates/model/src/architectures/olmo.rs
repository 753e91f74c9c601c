//! OLMo 2 and 3 (Ai2, 2024, 2025), EXAONE 4 (LG, 2025): Llama with norms after each part and none before, and norms on queries and
//! keys: over all heads together in OLMo, by head in EXAONE. OLMo 3 and EXAONE 4 slide three layers of four; EXAONE's other
//! layers do not see positions.

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or, sliding_layers, sliding_window};
use crate::decoder::{Decoder, HeadNormPlan, HeadNormWidth, NormNames};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};
use serde_json::Value;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["olmo2", "olmo3", "exaone4"],
    gguf: &["olmo2", "exaone4"],
    prefix: "model.",
    spellings: &[],
    read: |family, fields| Ok(Box::new(read(family, fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
};

fn read(family: &str, fields: Fields<'_>) -> Result<Decoder, Defect> {
    let kv_heads = (family == "exaone4").then_some(32);
    let sizes = Sizes::read(fields, SizeDefaults { context: 2048, kv_heads, head: None })?;
    let defaults = RopeDefaults::new(sizes.context);
    let rope = if family == "olmo3" { Rope::plain(5e5) } else { Rope::read(fields, defaults)? };
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("rms_norm_eps", 1e-5)?, rope, tied);
    after_each_part(&mut plan);
    if family == "exaone4" {
        exaone(fields, &mut plan)?;
        return plan.check();
    }
    let bias = fields.flag("attention_bias")?.unwrap_or(false);
    (plan.attention.qkv_bias, plan.attention.out_bias) = (bias, bias);
    if family == "olmo3" {
        let slides = sliding_layers(fields, sizes.layers, |layer| (layer + 1) % 4 != 0)?;
        plan.slide(sliding_window(fields, "sliding_window", Some(4096))?, &slides);
        let full = defaults.theta(fields.positive("rope_theta", 5e5)?.into());
        plan.ropes = Rope::read_both(fields, full, defaults.theta(5e5))?;
        plan.layers.iter_mut().zip(&slides).for_each(|(layer, slides)| layer.rope = Some(usize::from(*slides)));
    }
    plan.check()
}

fn after_each_part(plan: &mut Decoder) {
    plan.norms = NormNames::AFTER;
    plan.attention.head_norm = Some(HeadNormPlan::new(NormKind::Rms, HeadNormWidth::AllHeads));
}

fn exaone(fields: Fields<'_>, plan: &mut Decoder) -> Result<(), Defect> {
    plan.attention.head_norm = Some(HeadNormPlan::new(NormKind::Rms, HeadNormWidth::Head));
    let window = sliding_window(fields, "sliding_window", Some(4096))?;
    let pattern = match fields.get("sliding_window_pattern") {
        None => Some(4),
        Some(Value::String(letters)) => {
            return Err(Defect::unsupported("sliding_window_pattern", letters, "a number"));
        }
        Some(_) => fields.count("sliding_window_pattern")?.filter(|&every| every > 0),
    };
    let every = window.and(pattern);
    let slides = sliding_layers(fields, plan.layers.len(), |layer| every.is_some_and(|n| (layer + 1) % n != 0))?;
    plan.slide(window, &slides);
    if window.is_some() {
        see_no_positions(plan, &slides);
    }
    Ok(())
}

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    let mut plan = Decoder::from_gguf(keys)?;
    after_each_part(&mut plan);
    let window = keys.gguf.count(&keys.name("attention.sliding_window"))?.filter(|&window| window > 0);
    let Some(window) = window else {
        if keys.architecture == "exaone4" {
            plan.attention.head_norm = Some(HeadNormPlan::new(NormKind::Rms, HeadNormWidth::Head));
        }
        return plan.check();
    };
    let slides = keys.pattern("attention.sliding_window_pattern", plan.layers.len(), 4)?;
    plan.slide(Some(window), &slides);
    if keys.architecture == "exaone4" {
        plan.attention.head_norm = Some(HeadNormPlan::new(NormKind::Rms, HeadNormWidth::Head));
        see_no_positions(&mut plan, &slides);
    } else {
        // OLMo 3: what stretches full layers does not stretch those that slide.
        let theta = keys.positive("rope.freq_base_swa", Some(plan.ropes[0].theta))?;
        plan.ropes.push(Rope::plain(theta));
        plan.layers.iter_mut().zip(&slides).for_each(|(layer, slides)| layer.rope = Some(usize::from(*slides)));
    }
    plan.check()
}

/// EXAONE 4: layers that do not slide do not turn.
fn see_no_positions(plan: &mut Decoder, slides: &[bool]) {
    for (layer, _) in plan.layers.iter_mut().zip(slides).filter(|(_, slides)| !**slides) {
        layer.rope = None;
    }
}
