//! The numerics contract, for every architecture: neighbours, chunks, threads, instructions and forks do not show.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{Compute, KvCache, Model, Options, Prompt, Rows, Span, TokenId, Want};
use beamline_kernels::Isa;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use support::{Specimen, open, whole};

/// A sequence long enough to fill several blocks, and to slide the windows of those that have one.
fn long() -> Vec<TokenId> {
    (0..53u32).map(|i| TokenId((i * 37 + i * i * 11) % 512)).collect()
}

fn bits(row: &[f32]) -> Vec<u32> {
    row.iter().map(|v| v.to_bits()).collect()
}

fn compute(isa: Isa, threads: usize) -> Arc<Compute> {
    Arc::new(Compute::new(isa, threads).unwrap())
}

/// Calls `check` with every specimen, and its folder.
fn walk(check: impl Fn(&Specimen, &Path)) {
    let all = Specimen::all("architectures");
    assert!(all.len() >= 100, "{}", all.len());
    for specimen in &all {
        check(specimen, specimen.write().path());
    }
}

/// The rows of a sequence that is fed in chunks.
fn in_chunks(model: &dyn Model, tokens: &[TokenId], chunk: usize) -> Vec<Rows> {
    let mut cache = KvCache::new(model.geometry());
    let parts = tokens.chunks(chunk);
    parts
        .map(|tokens| model.forward(&mut [Span { tokens, cache: &mut cache, want: Want::All }], &mut ()).unwrap())
        .collect()
}

#[test]
fn a_prompt_whole_in_chunks_and_beside_others_gives_the_same_bits() {
    let compute = compute(Isa::detect(), 2);
    walk(|specimen, folder| {
        let (name, engine) = (specimen.name(), open(folder, &compute).unwrap());
        let (model, tokens) = (engine.model(), long());
        let expected = whole(model, &tokens);
        for chunk in [1, 3, 16] {
            let rows = in_chunks(model, &tokens, chunk);
            let rows = rows.iter().flat_map(|rows| (0..rows.len()).map(|i| bits(rows.row(i))));
            for (at, row) in rows.enumerate() {
                assert_eq!(row, bits(expected.row(at)), "{name} in chunks of {chunk}, row {at}");
            }
        }
        // Between two others of other lengths.
        let mut caches = [(); 3].map(|()| KvCache::new(model.geometry()));
        let [before, middle, after] = &mut caches;
        let others: Vec<TokenId> = tokens.iter().rev().copied().collect();
        let mut spans = [
            Span { tokens: &others[..23], cache: before, want: Want::Last },
            Span { tokens: &tokens, cache: middle, want: Want::All },
            Span { tokens: &others[..5], cache: after, want: Want::Nothing },
        ];
        let rows = model.forward(&mut spans, &mut ()).unwrap();
        assert_eq!(bits(rows.row(0)), bits(whole(model, &others[..23]).row(22)), "{name}, its neighbour");
        for at in 0..tokens.len() {
            assert_eq!(bits(rows.row(1 + at)), bits(expected.row(at)), "{name} in a batch, row {at}");
        }
    });
}

#[test]
fn threads_and_instructions_do_not_show() {
    let scalar = Arc::new(Compute::scalar());
    let others: Vec<_> =
        Isa::available().into_iter().flat_map(|isa| [1, 2].map(|threads| compute(isa, threads))).collect();
    walk(|specimen, folder| {
        let tokens = long();
        let expected = whole(open(folder, &scalar).unwrap().model(), &tokens);
        for compute in &others {
            let rows = whole(open(folder, compute).unwrap().model(), &tokens);
            assert!(rows == expected, "{} on {} with {} threads", specimen.name(), compute.isa(), compute.threads());
        }
    });
}

#[test]
fn a_forked_and_truncated_cache_goes_on_as_if_alone() {
    let compute = compute(Isa::detect(), 1);
    walk(|specimen, folder| {
        let (name, engine) = (specimen.name(), open(folder, &compute).unwrap());
        let (model, tokens) = (engine.model(), long());
        let run = |tokens: &[TokenId], cache: &mut KvCache| {
            bits(model.forward(&mut [Span { tokens, cache, want: Want::Last }], &mut ()).unwrap().row(0))
        };
        let mut trunk = KvCache::new(model.geometry());
        run(&tokens[..40], &mut trunk);
        let mut branch = trunk.clone();
        run(&[TokenId(9); 20], &mut trunk);
        let mut cut = trunk.clone();
        cut.truncate(37);
        let expected = bits(whole(model, &tokens).row(tokens.len() - 1));
        assert_eq!(run(&tokens[40..], &mut branch), expected, "{name}, forked");
        assert_eq!(run(&tokens[37..], &mut cut), expected, "{name}, truncated");
    });
}

/// Beams share caches and are batched: each has the numbers that its text has alone.
#[test]
fn every_beam_has_the_numbers_of_its_text_alone() {
    let compute = compute(Isa::detect(), 2);
    walk(|specimen, folder| {
        let (name, engine) = (specimen.name(), open(folder, &compute).unwrap());
        let prompt = long()[..19].to_vec();
        let mut settings = Options::default();
        settings
            .config(&json!({"max_new_tokens": 12, "num_beams": 4, "num_return_sequences": 4, "eos_token_id": []}))
            .unwrap();
        let plan = engine.plan(&settings).unwrap();
        let found = engine.generate(&[Prompt::Ids(prompt.clone())], &plan).unwrap();
        for sequence in &found.sequences {
            let text: Vec<TokenId> =
                prompt.iter().copied().chain(sequence.token_ids.iter().copied().map(TokenId)).collect();
            let rows = whole(engine.model(), &text);
            for (i, token) in sequence.tokens.iter().enumerate() {
                let alone = engine.token_stats(rows.row(prompt.len() - 1 + i), text[prompt.len() + i]).logprob;
                assert_eq!(token.logprob.to_bits(), alone.to_bits(), "{name}, token {i}");
            }
        }
    });
}
