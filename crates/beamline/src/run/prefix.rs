//! Beginnings that sessions share: keys and values of prompts that were read before (prefix caching).

use super::cached_text::CachedText;
use super::engine::Engine;
use super::prompt::Prompt;
use super::session::Session;
use crate::error::Error;
use crate::options::Plan;
use beamline_model::{Geometry, KvCache, ModelId};
use beamline_tokens::TokenId;
use std::collections::BTreeMap;

/// Positions in a block of a KV cache: beginnings are shared in full blocks.
const BLOCK: usize = Geometry::BLOCK;

impl Engine {
    /// Keys and values of a session's text as far as they have been computed: for [`resume`](Self::resume). Empty before
    /// the first step, and of a session that failed. Costs no copy: blocks are shared until one of both writes (copy-on-write).
    pub fn cached_text(&self, session: &Session) -> CachedText {
        let cache = session.longest_cache().cloned();
        CachedText::new(self.model_id(), cache.unwrap_or_else(|| KvCache::new(self.model().geometry())))
    }
}

/// What a [`PrefixStore`] has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PrefixStats {
    /// Tokens of prompts that were looked up.
    pub asked: usize,
    /// Tokens of them that were there, and did not have to be read again.
    pub hits: usize,
    /// Blocks held.
    pub blocks: usize,
    /// Bytes of keys and values held.
    pub bytes: usize,
    /// Blocks given up to stay within the bound.
    pub evicted: usize,
}

/// Beginnings of texts that were read before, in full blocks of sixteen tokens, up to a bound in bytes; what was not asked
/// for longest goes first.
///
/// Blocks form chains: one is found by the one before it and its own tokens, which are compared, not only hashed, so no
/// collision can lend a session another text's keys. Bits of results do not depend on what is found (a block is what
/// the prompt's own tokens would give).
///
/// ```
/// use beamline::{Budget, Engine, Options, PrefixStore};
/// let engine = Engine::open("builtin")?;
/// let plan = engine.plan(&Options::new().max_new_tokens(3))?;
/// let mut store = PrefixStore::new(&engine, 64 << 20);
/// let prompt = "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of";
/// let mut texts = Vec::new();
/// for _ in 0..2 {
///     let mut sessions = [store.session(&engine, prompt, &plan)?];
///     while engine.step(&mut sessions, Budget::ALL, &mut ())?.more {}
///     store.keep(&engine, &sessions[0]);
///     texts.push(engine.completion(&sessions).sequences[0].text.clone());
/// }
/// assert_eq!(texts[0], texts[1]);
/// assert!(store.stats().hits >= 16);
/// # Ok::<(), beamline::Error>(())
/// ```
#[doc(alias = "prefix cache")]
#[derive(Debug)]
pub struct PrefixStore {
    model: ModelId,
    limit: usize,
    block_bytes: usize,
    /// By the block before (0 for none) and the block's tokens.
    chains: BTreeMap<(u64, [TokenId; BLOCK]), u64>,
    blocks: BTreeMap<u64, Kept>,
    /// Blocks by when they were last asked for.
    by_age: BTreeMap<u64, u64>,
    clock: u64,
    stats: PrefixStats,
}

/// One block, and all before it.
#[derive(Debug)]
struct Kept {
    key: (u64, [TokenId; BLOCK]),
    cache: KvCache,
    age: u64,
}

impl PrefixStore {
    /// An empty store for one engine's model, of at most so many bytes of keys and values.
    pub fn new(engine: &Engine, bytes: usize) -> Self {
        Self {
            model: engine.model_id(),
            limit: bytes,
            block_bytes: engine.model().geometry().block_bytes(),
            chains: BTreeMap::new(),
            blocks: BTreeMap::new(),
            by_age: BTreeMap::new(),
            clock: 0,
            stats: PrefixStats::default(),
        }
    }

    /// What it has done so far.
    pub fn stats(&self) -> PrefixStats {
        PrefixStats { blocks: self.blocks.len(), bytes: self.blocks.len() * self.block_bytes, ..self.stats }
    }

    /// Starts a session from the longest beginning of its prompt that is here.
    ///
    /// # Errors
    /// As for [`Engine::session`], and when the store is another model's.
    ///
    /// A contrastive search begins from nothing all the same: it needs the hidden states of the whole prompt.
    pub fn session(&mut self, engine: &Engine, prompt: impl Into<Prompt>, plan: &Plan) -> Result<Session, Error> {
        if engine.model_id() != self.model {
            return Err(Error::ForeignCache);
        }
        let mut session = engine.session(prompt, plan)?;
        self.lend(&mut session);
        Ok(session)
    }

    /// Gives a session that has not taken a step, of this store's model, the longest beginning of its prompt that is here:
    /// a session may be made in one place (a grammar takes a while to compile) and begin in another.
    pub fn lend(&mut self, session: &mut Session) {
        let (model, asked) = (self.model, session.prompt().len());
        if let Some(found) = self.find(session.prompt()).map(|cache| CachedText::new(model, cache)) {
            session.begin_from(found);
        }
        self.stats.asked += asked;
        self.stats.hits += session.reused_tokens();
    }

    /// How many of these tokens, from the first on, are here. Counts as no use.
    pub fn shared(&self, tokens: &[TokenId]) -> usize {
        self.chain(tokens).len() * BLOCK
    }

    /// The longest beginning of these tokens that is here; nothing where there is none.
    pub fn beginning(&mut self, engine: &Engine, tokens: &[TokenId]) -> CachedText {
        self.stats.asked += tokens.len();
        let found = self.find(tokens);
        self.stats.hits += found.as_ref().map_or(0, KvCache::len);
        CachedText::new(self.model, found.unwrap_or_else(|| KvCache::new(engine.model().geometry())))
    }

    /// Holds at most so many bytes from now on; what was not asked for longest goes until it does.
    pub fn set_limit(&mut self, bytes: usize) {
        self.limit = bytes;
        self.evict();
    }

    /// The longest beginning of these tokens that is here.
    fn find(&mut self, tokens: &[TokenId]) -> Option<KvCache> {
        let chain = self.chain(tokens);
        // The oldest of a chain is its end, so that what goes first is what nothing else builds on.
        chain.iter().rev().for_each(|&block| self.touch(block));
        chain.last().map(|last| self.blocks[last].cache.clone())
    }

    /// The blocks that tokens begin with, as far as they are here.
    fn chain(&self, tokens: &[TokenId]) -> Vec<u64> {
        let mut chain = Vec::new();
        for block in tokens.as_chunks::<BLOCK>().0 {
            let before = chain.last().copied().unwrap_or(0);
            match self.chains.get(&(before, *block)) {
                Some(&next) => chain.push(next),
                None => break,
            }
        }
        chain
    }

    fn touch(&mut self, block: u64) {
        let Some(kept) = self.blocks.get_mut(&block) else { return };
        self.by_age.remove(&kept.age);
        self.clock += 1;
        kept.age = self.clock;
        self.by_age.insert(kept.age, block);
    }

    /// Keeps a session's full blocks, of its prompt and of what it has generated, for others to begin with. Another model's
    /// session is passed over.
    pub fn keep(&mut self, engine: &Engine, session: &Session) {
        if let Some(cache) = session.longest_cache().filter(|_| engine.model_id() == self.model) {
            self.insert(&cache.clone());
        }
    }

    /// Keeps the full blocks of a text that was computed otherwise, one that was scored, say. Another model's is passed over.
    pub fn keep_text(&mut self, text: &CachedText) {
        if let Some(cache) = text.cache_of(self.model) {
            self.insert(cache);
        }
    }

    fn insert(&mut self, cache: &KvCache) {
        let tokens = cache.tokens().to_vec();
        let most = self.limit / self.block_bytes.max(1);
        let mut chain = self.chain(&tokens);
        for (i, block) in tokens.as_chunks::<BLOCK>().0.iter().enumerate().skip(chain.len()).take(most) {
            let key = (chain.last().copied().unwrap_or(0), *block);
            let mut beginning = cache.clone();
            beginning.truncate((i + 1) * BLOCK);
            self.clock += 1;
            let number = self.clock;
            self.chains.insert(key, number);
            self.by_age.insert(number, number);
            self.blocks.insert(number, Kept { key, cache: beginning, age: number });
            chain.push(number);
        }
        chain.iter().rev().for_each(|&block| self.touch(block));
        self.evict();
    }

    fn evict(&mut self) {
        let most = self.limit / self.block_bytes.max(1);
        while self.blocks.len() > most {
            let Some((_, block)) = self.by_age.pop_first() else { break };
            if let Some(kept) = self.blocks.remove(&block) {
                self.chains.remove(&kept.key);
                self.stats.evicted += 1;
            }
        }
    }
}
