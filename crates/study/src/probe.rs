//! Looking inside: what tokens and positions become, and where heads look.

use crate::error::StudyError;
use beamline::{Engine, KvCache, Part, Probe, Prompt, Site, Span, TokenId, Want};
use serde::Serialize;

/// How a prompt enters the model.
#[derive(Clone, Debug, Serialize)]
pub struct Embeddings {
    /// The prompt's tokens, as text.
    pub tokens: Vec<String>,
    /// Their ids.
    pub ids: Vec<u32>,
    /// Their bytes.
    pub bytes: Vec<Vec<u8>>,
    /// Each token's embedding, `[tokens][hidden]`.
    pub token: Vec<Vec<f32>>,
    /// What tells the positions apart.
    pub position: Positions,
    /// What the first layer gets, `[tokens][hidden]`.
    pub sum: Vec<Vec<f32>>,
}

/// How a model tells positions apart.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", content = "rows", rename_all = "snake_case")]
pub enum Positions {
    /// Learned embeddings, added to the tokens', `[tokens][hidden]` (GPT-2).
    Learned(Vec<Vec<f32>>),
    /// Angles by which queries and keys are turned: the cosines, then the sines, of each pair's angle, `[tokens][head]`
    /// (Llama and its kin). Nothing is added.
    Rotary(Vec<Vec<f32>>),
}

/// Where the heads of a layer look.
#[derive(Clone, Debug, Serialize)]
pub struct AttentionMap {
    /// The prompt's tokens, as text.
    pub tokens: Vec<String>,
    /// Their ids.
    pub ids: Vec<u32>,
    /// Their bytes.
    pub bytes: Vec<Vec<u8>>,
    /// The layer, from 0.
    pub layer: usize,
    /// The head, from 0; null for the mean of all.
    pub head: Option<usize>,
    /// How many heads the layer has.
    pub heads: usize,
    /// How much each token (a row) looks at each token up to itself (a column), `[tokens][tokens]`. Rows sum to 1.
    pub weights: Vec<Vec<f32>>,
}

/// Keeps what a model shows at some sites.
struct Keeper {
    sites: Vec<Site>,
    seen: Vec<(Site, Vec<f32>)>,
}

impl Probe for Keeper {
    fn wants(&self, site: Site) -> bool {
        self.sites.contains(&site)
    }
    fn visit(&mut self, site: Site, rows: &mut [f32]) {
        self.seen.push((site, rows.to_vec()));
    }
}

impl Keeper {
    /// What was seen at a part, cut into a row for each token.
    fn rows(&self, part: Part, tokens: usize) -> Option<Vec<Vec<f32>>> {
        let (_, all) = self.seen.iter().find(|(site, _)| site.part == part)?;
        Some(all.chunks(all.len() / tokens).map(<[f32]>::to_vec).collect())
    }
}

/// The embeddings of a prompt's tokens and of their positions.
///
/// ```
/// use beamline::{Engine, Prompt};
/// use beamline_study::{Positions, embeddings};
/// let engine = Engine::open("builtin")?;
/// let seen = embeddings(&engine, &Prompt::Text("Once upon".into()))?;
/// let Positions::Learned(position) = &seen.position else { panic!("GPT-2 learns its positions") };
/// assert_eq!(seen.sum[0][0], seen.token[0][0] + position[0][0]);
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
///
/// # Errors
/// When the prompt cannot be used, or the model has no embeddings to show.
pub fn embeddings(engine: &Engine, prompt: &Prompt) -> Result<Embeddings, StudyError> {
    let site = |part| Site { layer: 0, part };
    let (ids, seen) = look(engine, prompt, [Part::Tokens, Part::Positions, Part::Embedding].map(site).to_vec())?;
    let rows = |part| seen.rows(part, ids.len()).ok_or_else(|| nothing("embeddings"));
    let (token, position, sum) = (rows(Part::Tokens)?, rows(Part::Positions)?, rows(Part::Embedding)?);
    // Where positions are turned, what enters the first layer is the tokens' own.
    let position = if token == sum { Positions::Rotary(position) } else { Positions::Learned(position) };
    let numbers = ids.iter().map(|id| id.0).collect();
    Ok(Embeddings { ids: numbers, bytes: bytes(engine, &ids), tokens: texts(engine, &ids), token, position, sum })
}

/// How much each token of a prompt looks at each before it, in one head of a layer, or in the mean of its heads.
///
/// ```
/// use beamline::{Engine, Prompt};
/// use beamline_study::attention;
/// let engine = Engine::open("builtin")?;
/// let map = attention(&engine, &Prompt::Text("Once upon".into()), 0, Some(1))?;
/// assert_eq!(map.weights[0][0], 1.0); // the first token has nothing else to look at
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
///
/// # Errors
/// When the prompt cannot be used, or there is no such layer or head.
pub fn attention(
    engine: &Engine,
    prompt: &Prompt,
    layer: usize,
    head: Option<usize>,
) -> Result<AttentionMap, StudyError> {
    let layers = engine.model().geometry().layers;
    if layers == 0 {
        return Err(nothing("attention"));
    }
    if layer >= layers {
        return Err(StudyError::Range {
            name: "layer",
            least: 0,
            most: layers - 1,
            value: layer,
            hint: "; leave it out for 0",
        });
    }
    let (ids, seen) = look(engine, prompt, vec![Site { layer, part: Part::AttentionWeights }])?;
    let (n, rows) = (ids.len(), seen.rows(Part::AttentionWeights, ids.len()).ok_or_else(|| nothing("attention"))?);
    let heads = rows[0].len() / n;
    if let Some(head) = head.filter(|&head| head >= heads) {
        let hint = "; leave it out for the mean of all heads";
        return Err(StudyError::Range { name: "head", least: 0, most: heads - 1, value: head, hint });
    }
    let mean = |row: &Vec<f32>, at: usize| {
        let sum: f64 = (0..heads).map(|h| f64::from(row[h * n + at])).sum();
        (sum / heads as f64) as f32
    };
    let row = |row: &Vec<f32>| (0..n).map(|at| head.map_or_else(|| mean(row, at), |h| row[h * n + at])).collect();
    Ok(AttentionMap {
        ids: ids.iter().map(|id| id.0).collect(),
        bytes: bytes(engine, &ids),
        tokens: texts(engine, &ids),
        layer,
        head,
        heads,
        weights: rows.iter().map(row).collect(),
    })
}

/// Runs a prompt through the model and keeps what it shows.
fn look(engine: &Engine, prompt: &Prompt, sites: Vec<Site>) -> Result<(Vec<TokenId>, Keeper), StudyError> {
    let ids = engine.encode_prompt(prompt)?;
    let geometry = engine.model().geometry();
    if ids.len() > geometry.context {
        let (tokens, context) = (ids.len(), geometry.context);
        return Err(StudyError::TooLong { what: "prompt", tokens, context, hint: "give a shorter one" });
    }
    let mut keeper = Keeper { sites, seen: Vec::new() };
    let mut cache = KvCache::new(geometry);
    let span = Span { tokens: &ids, cache: &mut cache, want: Want::Nothing };
    engine.model().forward(&mut [span], &mut keeper)?;
    Ok((ids, keeper))
}

/// What tokens stand for, each alone.
fn bytes(engine: &Engine, ids: &[TokenId]) -> Vec<Vec<u8>> {
    ids.iter().map(|&id| engine.tokenizer().vocabulary().bytes(id).to_vec()).collect()
}

/// Tokens as text, each alone.
fn texts(engine: &Engine, ids: &[TokenId]) -> Vec<String> {
    ids.iter().map(|&id| engine.tokenizer().vocabulary().text(id)).collect()
}

fn nothing(what: &'static str) -> StudyError {
    StudyError::NotShown { what }
}
