//! What is measured, and what several options are about.

/// Something with a page that is neither a processor nor a strategy.
#[derive(Clone, Copy, Debug)]
pub struct Concept {
    /// Its name.
    pub name: &'static str,
    /// Options that it is about, and other words for it.
    pub aliases: &'static [&'static str],
    /// Its page, in Markdown.
    pub page: &'static str,
    /// What shows it.
    pub example: ConceptExample,
}

/// What shows a concept at work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConceptExample {
    /// The best next tokens with their logits, exponentials and probabilities.
    Softmax,
    /// The prompt scored, token by token.
    Score,
    /// A continuation with the numbers of each token.
    Numbers,
    /// The prompt's tokens.
    Tokens,
    /// A row through the pipeline, by these options, processor by processor.
    Stages(&'static str),
    /// Texts by these options.
    Generate(&'static str),
}

/// Every concept.
pub const CONCEPTS: &[Concept] = &[
    Concept {
        name: "softmax",
        aliases: &["probability", "probabilities", "logits", "logit"],
        page: include_str!("pages/softmax.md"),
        example: ConceptExample::Softmax,
    },
    Concept {
        name: "log_probability",
        aliases: &["logprob", "log_prob", "log_p", "log_softmax", "log_likelihood", "underflow", "nats"],
        page: include_str!("pages/log_probability.md"),
        example: ConceptExample::Score,
    },
    Concept {
        name: "entropy",
        aliases: &["surprisal", "surprise"],
        page: include_str!("pages/entropy.md"),
        example: ConceptExample::Numbers,
    },
    Concept {
        name: "perplexity",
        aliases: &["ppl", "bits_per_byte"],
        page: include_str!("pages/perplexity.md"),
        example: ConceptExample::Score,
    },
    Concept {
        name: "token",
        aliases: &["tokens", "tokenizer", "vocabulary", "bpe", "byte_pair_encoding", "unigram"],
        page: include_str!("pages/token.md"),
        example: ConceptExample::Tokens,
    },
    Concept {
        name: "stopping",
        aliases: &[
            "max_new_tokens",
            "max_length",
            "max_time",
            "stop_strings",
            "include_stop_str_in_output",
            "eos_token_id",
            "stop",
            "finish_reason",
        ],
        page: include_str!("pages/stopping.md"),
        example: ConceptExample::Generate("max_new_tokens=40,stop_strings=[\".\"],do_sample=false"),
    },
    Concept {
        name: "randomness",
        aliases: &["seed", "rng", "num_return_sequences"],
        page: include_str!("pages/randomness.md"),
        example: ConceptExample::Generate("do_sample=true,num_return_sequences=3,seed=7,top_p=0.9,top_k=0"),
    },
    Concept {
        name: "speculative_decoding",
        aliases: &[
            "prompt_lookup_num_tokens",
            "max_matching_ngram_size",
            "assistant",
            "num_assistant_tokens",
            "num_assistant_tokens_schedule",
            "assistant_confidence_threshold",
            "assisted_decoding",
            "prompt_lookup",
        ],
        page: include_str!("pages/speculative_decoding.md"),
        example: ConceptExample::Generate("prompt_lookup_num_tokens=4,do_sample=false"),
    },
    Concept {
        name: "order",
        aliases: &["preset", "processors", "pipeline", "order_of_processors"],
        page: include_str!("pages/order.md"),
        example: ConceptExample::Stages("do_sample=true,repetition_penalty=1.3,temperature=0.7,top_k=20,top_p=0.9"),
    },
];
