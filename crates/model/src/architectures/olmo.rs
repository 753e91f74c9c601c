//! OLMo 2 and 3 (Ai2, 2024, 2025), EXAONE 4 (LG, 2025): Llama with norms after each part and none before, and norms on queries and
//! keys: over all heads together in OLMo, by head in EXAONE. OLMo 3 and EXAONE 4 slide three layers of four; EXAONE's other
//! layers do not see positions.

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or, sliding_layers, sliding_window};
use crate::decoder::{Decoder, HeadNormPlan, HeadNormWidth, NormNames};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};
use beamline_kernels::Activation;
use serde_json::Value;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["olmo2", "olmo3", "exaone4"],
    gguf: &["olmo2"],
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
        let both = fields.object("rope_parameters")?;
        let of = |kind: &str| both.map_or(Ok(None), |both| both.object(kind));
        let (scaled, full, sliding) = (fields.object("rope_scaling")?, of("full_attention")?, of("sliding_attention")?);
        let defaults = defaults.theta(fields.positive("rope_theta", 5e5)?.into());
        // `rope_scaling` is about full layers alone.
        plan.ropes = vec![
            Rope::read_parameters(scaled.or(full), fields, defaults)?,
            Rope::read_parameters(sliding, Fields::none(), defaults)?,
        ];
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
        for (layer, _) in plan.layers.iter_mut().zip(&slides).filter(|(_, slides)| !**slides) {
            layer.rope = None;
        }
    }
    Ok(())
}

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read_gguf(keys)?;
    let epsilon = keys.positive("attention.layer_norm_rms_epsilon", None)? as f32;
    let tied = !keys.has("output.weight");
    let mut plan = Decoder::llama(&sizes, Activation::Silu, epsilon, Rope::read_gguf(keys)?, tied);
    after_each_part(&mut plan);
    let name = keys.name("attention.sliding_window");
    if let Some(window) = keys.gguf.count(&name)?.filter(|&window| window > 0) {
        return Err(Defect::unsupported(&name, window, "OLMo 2, which has none"));
    }
    plan.check()
}
