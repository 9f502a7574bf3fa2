//! What whisper.cpp calls a model's tensors, and in which order its published files have them.
use super::super::Header;

/// A tensor's name in its parts, as `encoder.blocks.3.attn.query.weight`.
pub(super) struct Parts<'a> {
    /// `encoder` or `decoder`.
    pub(super) side: &'a str,
    /// Which block it is part of.
    pub(super) block: Option<&'a str>,
    /// What lies between: `attn.query`.
    pub(super) part: &'a str,
    /// `weight`, `bias` or `positional_embedding`.
    pub(super) kind: &'a str,
}

impl<'a> Parts<'a> {
    pub(super) fn of(name: &'a str) -> Parts<'a> {
        let (side, rest) = name.split_once('.').unwrap_or((name, ""));
        let (rest, kind) = rest.rsplit_once('.').unwrap_or(("", rest));
        let in_block = rest.strip_prefix("blocks.").and_then(|rest| rest.split_once('.'));
        let (block, part) = in_block.map_or((None, rest), |(block, part)| (Some(block), part));
        Parts { side, block, part, kind }
    }
}

/// The names of all tensors.
pub(super) fn order(header: &Header) -> Vec<String> {
    let mut names: Vec<String> = [
        "decoder.positional_embedding",
        "encoder.positional_embedding",
        "decoder.token_embedding.weight",
    ]
    .map(String::from)
    .into();
    let mut both = |name: String| names.extend([format!("{name}.weight"), format!("{name}.bias")]);
    for block in 0..header.text_layers {
        parts_of_block(&format!("decoder.blocks.{block}"), true, &mut both);
    }
    ["decoder.ln", "encoder.conv1", "encoder.conv2"].iter().for_each(|it| both(it.to_string()));
    for block in 0..header.audio_layers {
        parts_of_block(&format!("encoder.blocks.{block}"), false, &mut both);
    }
    both("encoder.ln_post".into());
    // Whisper's keys have no bias.
    names.retain(|name| !name.ends_with("key.bias"));
    names
}

fn parts_of_block(block: &str, cross: bool, both: &mut impl FnMut(String)) {
    let attention =
        |kind| ["_ln", ".query", ".key", ".value", ".out"].map(|it| format!("{kind}{it}"));
    let mut parts = ["mlp_ln", "mlp.0", "mlp.2"].map(String::from).to_vec();
    parts.extend(attention("attn"));
    if cross {
        parts.extend(attention("cross_attn"));
    }
    parts.iter().for_each(|part| both(format!("{block}.{part}")));
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::models::{Weight, ggml_shape::tensors};

    #[test]
    fn every_tensor_that_whisper_cpp_looks_for_stands_in_the_order_once() {
        let header = Header {
            tokens: 51864,
            audio_context: 1500,
            state: 384,
            heads: 6,
            audio_layers: 4,
            text_context: 448,
            text_layers: 3,
            mels: 80,
            weight: Weight::F16,
        };
        let (names, all) = (order(&header), tensors(&header));
        assert_eq!(names.len(), all.len());
        assert_eq!(names.iter().collect::<HashSet<_>>(), all.keys().collect());
    }

    #[test]
    fn a_name_is_taken_apart() {
        let of = |name| {
            let Parts { side, block, part, kind } = Parts::of(name);
            (side, block, part, kind)
        };
        assert_eq!(
            of("decoder.blocks.10.cross_attn.query.bias"),
            ("decoder", Some("10"), "cross_attn.query", "bias")
        );
        assert_eq!(of("encoder.ln_post.weight"), ("encoder", None, "ln_post", "weight"));
        assert_eq!(
            of("encoder.positional_embedding"),
            ("encoder", None, "", "positional_embedding")
        );
    }
}
