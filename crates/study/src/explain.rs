//! Pages on everything that chooses or shapes, and on what is measured: what `explain` shows.

mod concept;

pub use concept::{CONCEPTS, Concept, ConceptExample};

use beamline::{Entry, OptionSpec, PAGES, Page, REGISTRY, options, shapes};

/// A strategy with its page.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// The option that asks for it, and other names.
    pub aliases: &'static [&'static str],
    /// Options that ask for it, as [`Options::list`](beamline::Options::list) reads them.
    pub example: &'static str,
}

/// Every strategy.
pub const METHODS: &[Method] = &[
    Method { name: "greedy", aliases: &["greedy_search"], example: "do_sample=false" },
    Method {
        name: "sampling",
        aliases: &["do_sample", "sample"],
        example: "do_sample=true,temperature=1.0,top_k=50,top_p=1.0,seed=1",
    },
    Method { name: "beam_search", aliases: &["num_beams", "beam", "beams"], example: "num_beams=3,do_sample=false" },
    Method {
        name: "diverse_beams",
        aliases: &["num_beam_groups", "group_beams"],
        example: "num_beams=4,num_beam_groups=2,diversity_penalty=1.0,num_return_sequences=2,do_sample=false",
    },
    Method {
        name: "constrained_beams",
        aliases: &["force_words_ids"],
        example: "num_beams=3,force_words_ids=[[{second}]],do_sample=false",
    },
    Method {
        name: "stochastic_beams",
        aliases: &[],
        example: "num_beams=3,do_sample=true,stochastic_beams=true,num_return_sequences=3,seed=1",
    },
    Method {
        name: "contrastive_search",
        aliases: &["penalty_alpha", "contrastive"],
        example: "penalty_alpha=0.6,top_k=4,do_sample=false",
    },
    Method {
        name: "arithmetic_sampling",
        aliases: &[],
        example: "do_sample=true,arithmetic_sampling=true,num_return_sequences=3,seed=1",
    },
    Method { name: "best_of", aliases: &["rank_by"], example: "do_sample=true,best_of=4,seed=1" },
    Method {
        name: "exact_search",
        aliases: &["node_budget"],
        example: "exact_search=true,max_new_tokens=4,node_budget=200,do_sample=false",
    },
];

impl Method {
    /// Whether an option asks for it.
    fn owns(&self, option: &str) -> bool {
        self.name == option || self.aliases.contains(&option) && option != "do_sample"
    }

    /// Its page, in Markdown.
    pub fn page(&self) -> &'static str {
        PAGES.iter().find(|(name, _)| *name == self.name).map_or("", |(_, page)| page)
    }

    /// The parts of its page: heading and text, without line ends.
    pub fn parts(&self) -> Vec<(String, String)> {
        parts(self.page())
    }
}

/// The parts of a page in Markdown, whose paragraphs begin with a heading in bold.
fn parts(page: &str) -> Vec<(String, String)> {
    let part = |paragraph: &str| {
        let (heading, text) = paragraph.strip_prefix("**")?.split_once(".**")?;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Some((heading.to_owned(), without_links(&text)))
    };
    page.split("\n\n").filter_map(part).collect()
}

/// ``[`Coins`](beamline::Coins)`` as `Coins`.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[`") {
        out += before;
        let Some((name, after)) = after.split_once("`](") else {
            rest = after;
            continue;
        };
        out += name;
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// What a page is about.
#[derive(Clone, Copy, Debug)]
pub enum Topic {
    /// A processor.
    Processor(&'static Entry),
    /// A strategy.
    Method(&'static Method),
    /// Something that is measured, or that several options are about.
    Concept(&'static Concept),
}

impl Topic {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Processor(entry) => entry.name,
            Self::Method(method) => method.name,
            Self::Concept(concept) => concept.name,
        }
    }

    /// Its options: those that ask for it, and those that need one of these.
    pub fn options(&self) -> Vec<&'static OptionSpec> {
        let named = |aliases: &[&str], option: &OptionSpec| aliases.contains(&option.name);
        match self {
            Self::Processor(entry) => entry.options.iter().collect(),
            Self::Concept(concept) => options().filter(|option| named(concept.aliases, option)).collect(),
            Self::Method(method) => {
                // What merely needs samples belongs to all ways of sampling.
                let elsewhere = |option: &OptionSpec| CONCEPTS.iter().any(|concept| named(concept.aliases, option));
                let own = |option: &&OptionSpec| {
                    named(method.aliases, option)
                        || method.name == option.name
                        || (!shapes(option)
                            && !elsewhere(option)
                            && option.needs.iter().any(|needed| method.owns(needed)))
                };
                options().filter(own).collect()
            }
        }
    }

    /// The page's parts: heading and text.
    pub fn parts(&self) -> Vec<(String, String)> {
        match self {
            Self::Processor(Entry { page: Page { what, rule, when, limits, source, .. }, .. }) => {
                let all =
                    [("What it does", what), ("Rule", rule), ("When", when), ("Limits", limits), ("Source", source)];
                all.iter().map(|(heading, text)| ((*heading).to_owned(), without_links(text))).collect()
            }
            Self::Method(method) => method.parts(),
            Self::Concept(concept) => parts(concept.page),
        }
    }

    /// Options for an example that can be run, as [`Options::list`](beamline::Options::list) reads them. `{best}` and `{second}` stand
    /// for the ids of the two most probable tokens, `{cross}` for a share of the probability that the third of them
    /// crosses; none where an example needs more than options.
    pub fn example(&self) -> Option<&'static str> {
        match self {
            Self::Processor(entry) => {
                EXAMPLES.iter().find(|(name, _)| *name == entry.name).map(|(_, options)| *options)
            }
            Self::Method(method) => Some(method.example),
            Self::Concept(concept) => match concept.example {
                ConceptExample::Generate(options) => Some(options),
                _ => None,
            },
        }
    }

    /// The option that switches it on, where one of its own does.
    pub fn option(&self) -> Option<&'static str> {
        match self {
            Self::Processor(entry) => entry.options.first().map(|option| option.name),
            Self::Method(method) => {
                method.aliases.first().copied().filter(|name| options().any(|option| option.name == *name))
            }
            Self::Concept(_) => None,
        }
    }
}

/// Every topic: what is measured, strategies, then processors in transformers' order.
pub fn topics() -> impl Iterator<Item = Topic> {
    let concepts = CONCEPTS.iter().map(Topic::Concept);
    concepts.chain(METHODS.iter().map(Topic::Method)).chain(REGISTRY.iter().map(Topic::Processor))
}

/// Names from books and other programs, and the processor that each means.
const ALIASES: &[(&str, &str)] = &[
    ("nucleus", "top_p"),
    ("nucleus_sampling", "top_p"),
    ("top_p_sampling", "top_p"),
    ("top_k_sampling", "top_k"),
    ("typical", "typical_p"),
    ("locally_typical_sampling", "typical_p"),
    ("ngram", "no_repeat_ngram_size"),
    ("n_gram", "no_repeat_ngram_size"),
    ("ngram_ban", "no_repeat_ngram_size"),
    ("bad_words", "bad_words_ids"),
    ("logit_bias", "sequence_bias"),
    ("cfg", "guidance_scale"),
    ("classifier_free_guidance", "guidance_scale"),
    ("json_mode", "grammar"),
    ("structured_output", "grammar"),
];

/// The topic of this name: a strategy's, a processor's, a concept's, or that of one of its options, with or without the
/// hyphens of a flag. Hyphens, underscores and spaces are alike.
///
/// ```
/// use beamline_study::topic;
/// assert_eq!(topic("top-p").expect("a processor").name(), "top_p");
/// assert_eq!(topic("num_beams").expect("a strategy").name(), "beam_search");
/// assert!(topic("top_q").is_none());
/// ```
pub fn topic(name: &str) -> Option<Topic> {
    let name = name.trim().trim_start_matches("--").replace(['-', ' '], "_").to_lowercase();
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| (*name).to_owned());
    let alias = |topic: &Topic| match topic {
        Topic::Processor(_) => false,
        Topic::Method(method) => method.aliases.contains(&name.as_str()),
        Topic::Concept(concept) => concept.aliases.contains(&name.as_str()),
    };
    let own = |topic: &Topic| topic.options().iter().any(|option| option.name == name);
    topics().find(|topic| topic.name() == name).or_else(|| topics().find(alias)).or_else(|| topics().find(own))
}

/// An example of each processor: options whose effect shows in one step.
const EXAMPLES: &[(&str, &str)] = &[
    ("sequence_bias", "sequence_bias=[[[{second}], 2.0]]"),
    ("repetition_penalty", "repetition_penalty=2.0"),
    ("encoder_repetition_penalty", "encoder_repetition_penalty=2.0"),
    ("frequency_penalty", "frequency_penalty=1.0"),
    ("presence_penalty", "presence_penalty=1.0"),
    ("no_repeat_ngram_size", "no_repeat_ngram_size=2"),
    ("encoder_no_repeat_ngram_size", "encoder_no_repeat_ngram_size=2"),
    ("dry", "dry_multiplier=2.0,dry_allowed_length=1"),
    ("bad_words_ids", "bad_words_ids=[[{best}]]"),
    ("min_length", "min_length=30,eos_token_id=[{best}]"),
    ("min_new_tokens", "min_new_tokens=3,eos_token_id=[{best}]"),
    ("grammar", "regex=[a-z ]+"),
    ("forced_eos_token_id", "forced_eos_token_id={second}"),
    ("remove_invalid_values", "remove_invalid_values=true"),
    ("suppress_tokens", "suppress_tokens=[{best}]"),
    ("begin_suppress_tokens", "begin_suppress_tokens=[{best}]"),
    ("temperature", "do_sample=true,temperature=0.5,top_k=0,top_p=1.0"),
    ("dynatemp_range", "do_sample=true,temperature=1.0,dynatemp_range=0.5,top_k=0,top_p=1.0"),
    ("top_h", "do_sample=true,top_h=0.4,top_k=0,top_p=1.0"),
    ("top_k", "do_sample=true,top_k=3,top_p=1.0"),
    ("top_p", "do_sample=true,top_p={cross},top_k=0"),
    ("min_p", "do_sample=true,min_p=0.3,top_k=0,top_p=1.0"),
    ("typical_p", "do_sample=true,typical_p=0.3,top_k=0,top_p=1.0"),
    ("epsilon_cutoff", "do_sample=true,epsilon_cutoff=0.03,top_k=0,top_p=1.0"),
    ("eta_cutoff", "do_sample=true,eta_cutoff=0.05,top_k=0,top_p=1.0"),
    ("top_n_sigma", "do_sample=true,top_n_sigma=0.5,top_k=0,top_p=1.0"),
    ("p_less", "do_sample=true,p_less=true,top_k=0,top_p=1.0"),
    ("xtc", "do_sample=true,xtc_probability=1.0,xtc_threshold=0.03,top_k=0,top_p=1.0"),
    ("mirostat", "do_sample=true,mirostat=2,mirostat_tau=2.0,top_k=0,top_p=1.0"),
    ("adaptive_p", "do_sample=true,adaptive_target=0.3,top_k=0,top_p=1.0"),
    ("renormalize_logits", "renormalize_logits=true"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use beamline::{Options, SearchMethod};

    #[test]
    fn every_strategy_has_a_page_with_its_headings() {
        assert_eq!(METHODS.len(), PAGES.len());
        for method in METHODS {
            let headings: Vec<String> = method.parts().into_iter().map(|(heading, _)| heading).collect();
            for needed in ["What it does", "When", "Limits", "Source"] {
                assert!(headings.iter().any(|heading| heading == needed), "{}: {needed}", method.name);
            }
            assert!(method.parts().iter().all(|(_, text)| !text.contains("](")), "{}", method.name);
        }
    }

    #[test]
    fn every_strategys_example_asks_for_another_search() {
        let mut seen = Vec::new();
        for method in METHODS {
            let example = method.example.replace("{best}", "5").replace("{second}", "6");
            let search = SearchMethod::of(&Options::list(&example).unwrap());
            assert!(!seen.contains(&search), "{}: {}", method.name, search.name());
            seen.push(search);
        }
    }

    #[test]
    fn examples_are_options_that_can_be_read() {
        for topic in topics() {
            let Some(example) = topic.example() else { continue };
            let options = example.replace("{best}", "5").replace("{second}", "6").replace("{cross}", "0.5");
            Options::list(&options).unwrap_or_else(|error| panic!("{}: {error}", topic.name()));
        }
        let known = |name: &&str| REGISTRY.iter().any(|entry| entry.name == *name);
        assert!(EXAMPLES.iter().all(|(name, _)| known(name)));
    }

    #[test]
    fn every_option_and_every_word_of_the_chapter_has_a_page() {
        for option in options() {
            assert!(topic(option.name).is_some(), "{}", option.name);
            assert!(topic(&format!("--{}", option.name.replace('_', "-"))).is_some(), "{}", option.name);
        }
        for (word, page) in [
            ("softmax", "softmax"),
            ("log-probability", "log_probability"),
            ("logprob", "log_probability"),
            ("underflow", "log_probability"),
            ("perplexity", "perplexity"),
            ("entropy", "entropy"),
            ("nucleus", "top_p"),
            ("beams", "beam_search"),
            ("length_penalty", "beam_search"),
            ("early_stopping", "beam_search"),
            ("max_length", "stopping"),
            ("seed", "randomness"),
        ] {
            assert_eq!(topic(word).map(|topic| topic.name()), Some(page), "{word}");
        }
        let beams: Vec<&str> = topic("beams").unwrap().options().iter().map(|option| option.name).collect();
        assert_eq!(beams[..3], ["num_beams", "length_penalty", "early_stopping"]);
    }

    #[test]
    fn every_concept_has_a_page_with_its_headings() {
        for concept in CONCEPTS {
            let headings: Vec<String> = parts(concept.page).into_iter().map(|(heading, _)| heading).collect();
            assert_eq!(headings, ["What it does", "Rule", "When", "Limits", "Source"], "{}", concept.name);
        }
        assert!(ALIASES.iter().all(|(_, name)| REGISTRY.iter().any(|entry| entry.name == *name)));
    }

    #[test]
    fn every_name_of_an_option_of_a_processor_finds_its_page() {
        for entry in REGISTRY {
            assert_eq!(topic(entry.name).map(|topic| topic.name()), Some(entry.name));
            for option in entry.options {
                assert!(topic(option.name).is_some(), "{}", option.name);
            }
        }
    }
}
