//! What a program brings of its own: processors, strategies, rules to stop, threads; and every option by its name.
#![allow(clippy::unwrap_used)] // tests may

use beamline::{
    Compute, Context, Engine, Error, Event, EventKind, FinishReason, Found, Interest, Logits, NodeId, Observer,
    OpenOptions, OptionKind, Options, Outlook, Processor, SearchMethod, SearchObserver, ShapeError, State, Stop,
    StopRule, Strategy, Tip, TokenId, Tree, options,
};
use serde_json::json;
use std::sync::{Arc, LazyLock};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::open("builtin").unwrap());

/// Lets one token through, and counts what was chosen: its state moves as any processor's does.
#[derive(Clone)]
struct Only {
    /// Owned, as a plug-in's is that another language names.
    name: String,
    token: TokenId,
    seen: usize,
}

fn only(token: u32) -> Only {
    Only { name: format!("only {token}"), token: TokenId(token), seen: 0 }
}

impl Processor for Only {
    fn name(&self) -> &str {
        &self.name
    }
    fn apply(&mut self, logits: &mut Logits, context: &Context<'_>) {
        assert_eq!(self.seen, context.tokens.len() - context.prompt_len, "it hears of every token");
        let token = self.token;
        logits.retain(|id, _| id == token);
    }
    fn accept(&mut self, _: &beamline::TokenList, _: TokenId) {
        self.seen += 1;
    }
    fn fork(&self) -> Box<dyn Processor> {
        Box::new(self.clone())
    }
}

#[test]
fn a_processor_of_ones_own_acts_under_every_search() {
    for search in ["num_beams=1", "do_sample=true,top_k=0,num_return_sequences=3", "num_beams=3,num_return_sequences=2"]
    {
        let given = Options::list(search).unwrap().max_new_tokens(5).with("eos_token_id", json!([])).unwrap();
        let plan = ENGINE.plan(&given).unwrap();
        let own = |plan: beamline::Plan, place: &str| match place {
            "first" => plan.processor_first(only(77)),
            "last" => plan.processor_last(only(77)),
            name => plan.processor_after(name, only(77)).unwrap(),
        };
        for place in ["first", "temperature", "top-k", "last"] {
            let completion = ENGINE.complete("Once", &own(plan.clone(), place)).unwrap();
            assert_eq!(completion.sequences[0].token_ids, [77; 5], "{search} {place}");
        }
    }
    let plan = ENGINE.plan(&Options::new()).unwrap();
    let unknown = plan.processor_after("temprature", only(1)).unwrap_err();
    assert!(unknown.to_string().contains("temperature"), "{unknown}");
}

#[test]
fn a_processor_that_leaves_nothing_is_named() {
    let plan = ENGINE.plan(&Options::new()).unwrap().processor_last(only(9_999));
    let error = ENGINE.complete("Once", &plan).unwrap_err();
    assert!(matches!(&error, Error::Shape(ShapeError::Empty { processor }) if processor == "only 9999"), "{error}");
}

/// The names of the processors that it hears of.
struct Names(Vec<String>);

impl Observer for Names {
    fn wants(&self, _: usize, interest: Interest) -> bool {
        interest == Interest::Stages
    }
    fn event(&mut self, event: &Event<'_>) {
        if let EventKind::Stage { stage, .. } = &event.kind {
            self.0.push(stage.processor.to_owned());
        }
    }
}

#[test]
fn observers_hear_the_names_that_processors_give_themselves() {
    let plan = ENGINE.plan(&Options::new().max_new_tokens(1)).unwrap();
    let plan = plan.processor_first(only(77)).processor_last(only(77));
    let mut names = Names(Vec::new());
    ENGINE.run(&mut [ENGINE.session("Once", &plan).unwrap()], &mut names).unwrap();
    assert_eq!(names.0, ["only 77", "only 77"]);
}

/// Always takes the second best.
struct SecondBest {
    stop: Stop,
    tip: NodeId,
}

impl Strategy for SecondBest {
    fn frontier(&mut self, tree: &Tree) -> Vec<Tip> {
        let open = tree.node(self.tip).state == State::Open;
        open.then_some(Tip { node: self.tip, sequence: 0 }).into_iter().collect()
    }
    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        _: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        let scores = outlooks[0].scores;
        let (token, value) = scores.top(2, 0.0)[1];
        let logprob = f64::from(value) - scores.sums().log_sum();
        let ended = self.stop.after(tree, self.tip, token);
        self.tip = tree.grow(self.tip, token, logprob, 0.0);
        if let Some(reason) = ended {
            tree.set_state(self.tip, State::Finished(reason));
        }
        Ok(())
    }
    fn streams(&self) -> bool {
        true
    }
    fn results(&self, _: &Tree) -> Vec<Found> {
        vec![Found { node: self.tip, score: None }]
    }
}

#[test]
fn a_strategy_of_ones_own_searches() {
    let plan = ENGINE.plan(&Options::new().max_new_tokens(7)).unwrap();
    let plan = plan.strategy(|stop, _| SecondBest { stop, tip: Tree::ROOT });
    let completion = ENGINE.complete("Once upon a time", &plan).unwrap();
    assert_eq!(completion.sequences[0].tokens.iter().map(|token| token.rank).collect::<Vec<_>>(), [2; 7]);
    assert_eq!(completion.sequences[0].finish_reason, Some("length"));
}

struct AtComma;

impl StopRule for AtComma {
    fn ends(&self, _: &Tree, _: NodeId, token: TokenId) -> bool {
        ENGINE.tokenizer().vocabulary().text(token).contains(',')
    }
}

#[test]
fn a_rule_of_ones_own_ends_a_text() {
    let plan = ENGINE.plan(&Options::new().max_new_tokens(40)).unwrap().stop_rule(AtComma);
    let mut sessions = [ENGINE.session("Once upon a time", &plan).unwrap()];
    ENGINE.run(&mut sessions, &mut ()).unwrap();
    let node = sessions[0].results()[0].node;
    assert_eq!(sessions[0].state(node), State::Finished(FinishReason::Rule(0)));
    let completion = ENGINE.completion(&sessions);
    assert!(completion.sequences[0].text.ends_with(','), "{:?}", completion.sequences[0].text);
    assert_eq!(completion.sequences[0].finish_reason, Some("stop"));
}

#[test]
fn engines_share_a_pool_or_have_their_own_and_give_the_same_bits() {
    let compute = Arc::new(Compute::from_env(Some(2)).unwrap());
    let shared = [(); 2].map(|()| OpenOptions::new().compute(Arc::clone(&compute)).open("builtin").unwrap());
    let own = [1, 2].map(|threads| OpenOptions::new().threads(threads).open("builtin").unwrap());
    let bits = |engine: &Engine| {
        let completion = engine.complete("The sea", &engine.plan(&Options::new().num_beams(3)).unwrap()).unwrap();
        completion.sequences[0].tokens.iter().map(|t| (t.id, t.logprob.to_bits())).collect::<Vec<_>>()
    };
    let expected = bits(&ENGINE);
    std::thread::scope(|scope| {
        let running: Vec<_> = shared.iter().chain(&own).map(|engine| scope.spawn(move || bits(engine))).collect();
        for bits in running {
            assert_eq!(bits.join().unwrap(), expected);
        }
    });
}

/// A value of the right kind for every option, or none where the option takes a model's name.
fn value_of(kind: OptionKind, default: Option<serde_json::Value>) -> serde_json::Value {
    match kind {
        OptionKind::Flag => json!(true),
        OptionKind::Count { least } => json!(least.max(1)),
        OptionKind::Choice(choices) => json!(choices[0]),
        OptionKind::Number => default.unwrap_or(json!(0.5)),
        _ => default.unwrap_or(serde_json::Value::Null),
    }
}

#[test]
fn every_option_can_be_set_by_its_name() {
    for option in options() {
        let value = value_of(option.kind, option.default_value().map(|value| value.json()));
        let set = Options::new().with(option.name, value.clone());
        assert!(set.is_ok() || value == json!(0.5), "{}: {:?}", option.name, set.err());
    }
    assert!(Options::new().with("temprature", 1.0).is_err());
}

#[test]
fn typed_setters_are_the_options_of_their_names() {
    let typed = Options::new()
        .max_new_tokens(5)
        .min_new_tokens(2)
        .do_sample(true)
        .seed(3)
        .temperature(0.7)
        .top_k(40)
        .top_p(0.9)
        .min_p(0.1)
        .repetition_penalty(1.2)
        .no_repeat_ngram_size(3)
        .num_beams(2)
        .length_penalty(0.5)
        .num_return_sequences(2)
        .stop_strings(["a", "b"])
        .include_stop_str_in_output(false);
    let listed = Options::list(
        "max_new_tokens=5,min_new_tokens=2,do_sample=true,seed=3,temperature=0.7,top_k=40,top_p=0.9,min_p=0.1,\
         repetition_penalty=1.2,no_repeat_ngram_size=3,num_beams=2,length_penalty=0.5,num_return_sequences=2,\
         stop_strings=[\"a\",\"b\"],include_stop_str_in_output=false",
    );
    assert_eq!(typed, listed.unwrap());
}

#[test]
fn values_out_of_range_are_found_when_they_are_planned() {
    for (options, words) in [
        (Options::new().do_sample(true).temperature(-1.0), "temperature must be"),
        (Options::new().do_sample(true).top_p(f64::NAN), "top_p must be in [0, 1]"),
        (Options::new().max_new_tokens(0), "max_new_tokens must be"),
        (Options::new().num_beams(5000), "num_beams must be"),
        (Options::new().stop_strings([""]), "stop_strings must be"),
    ] {
        let error = ENGINE.plan(&options).unwrap_err().to_string();
        assert!(error.starts_with(words), "{error}");
    }
}

#[test]
fn which_search_options_mean_is_what_is_run() {
    for (options, method) in [
        ("", SearchMethod::Greedy),
        ("do_sample=true", SearchMethod::Sampling),
        ("do_sample=true,best_of=3", SearchMethod::BestOf),
        ("do_sample=true,arithmetic_sampling=true", SearchMethod::ArithmeticSampling),
        ("num_beams=2", SearchMethod::BeamSearch),
        ("num_beams=2,do_sample=true", SearchMethod::BeamSampling),
        ("num_beams=2,num_beam_groups=2,diversity_penalty=0.5", SearchMethod::DiverseBeamSearch),
        ("num_beams=2,force_words_ids=[[5]]", SearchMethod::ConstrainedBeamSearch),
        ("num_beams=2,do_sample=true,stochastic_beams=true", SearchMethod::StochasticBeamSearch),
        ("penalty_alpha=0.6,top_k=4", SearchMethod::ContrastiveSearch),
        ("exact_search=true,num_beams=2", SearchMethod::ExactSearch),
    ] {
        let options = Options::list(options).unwrap();
        let plan = ENGINE.plan(&options).unwrap();
        assert_eq!(SearchMethod::of(plan.options()), method);
    }
}
