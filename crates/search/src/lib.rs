//! Shaped scores in, chosen tokens out.
//!
//! What goes in: for some nodes of a token [`Tree`], an [`Outlook`] each: the raw logits and the scores that the
//! processors made of them. What comes out: the tree, grown. A [`Strategy`] is pure policy: it never sees a model, a
//! cache or text, so one forward pass serves the strategies of many users, and a test serves them by hand.
//!
//! Everything is a token tree. Greedy search is a path, n samples are a star, a beam search is a pruned tree. The tree is
//! the result, the trace, and what is drawn.
//!
//! Randomness comes from [`Coins`], addressed by seed, sequence, position and purpose: a draw never depends on neighbours
//! or schedules.
//!
//! ```
//! use beamline_search::{Greedy, Outlook, Stop, Strategy, Tree};
//! use beamline_shape::Logits;
//! use beamline_tokens::TokenId;
//!
//! let mut tree = Tree::new();
//! let mut greedy = Greedy::new(Stop { eos: vec![TokenId(2)], max_new_tokens: 10 });
//! for row in [[0.0, 1.0, 0.5], [0.0, 0.1, 9.0]] {
//!     let asked = greedy.frontier(&tree);
//!     let mut scores = Logits::default();
//!     scores.load(&row);
//!     greedy.grow(&mut tree, &[Outlook { node: asked[0], raw: &row, scores: &scores }]);
//! }
//! assert!(greedy.frontier(&tree).is_empty()); // token 2 ended it
//! assert_eq!(tree.path(greedy.results(&tree)[0]), [TokenId(1), TokenId(2)]);
//! ```

mod coins;
mod greedy;
mod sample;
mod stop;
mod strategy;
mod tree;

pub use coins::{Coins, Purpose};
pub use greedy::Greedy;
pub use sample::Sample;
pub use stop::{FinishReason, Stop};
pub use strategy::{Outlook, Strategy};
pub use tree::{Measure, Node, NodeId, State, Tree};
