"""Take goldens for the three searches that transformers 5 dropped: diverse (group) beam search, constrained beam search
and contrastive search, from transformers 4.51.3 (it has all three built in and loads qwen3 too), in float32 on CPU.

Usage: python goldens/make/searches.py goldens/checkpoints OUT.json SEED COUNT
COUNT: how often the list of 38 argument sets (13 group, 15 constrained, 10 contrastive) is run through for every model.
Every case: {id, kind "search", model, prompt_ids, generate (HF argument names), expect: {new_ids, sequences_scores (null for contrastive)}}.
Prompts are token ids, from the logits cases in ../expected/generate.seed7.json: the old tokenizers split text differently.
A model whose logits are not those of that file is left out (an old version may misread a config field).
"""
import json, os, random, sys
import torch, transformers
from transformers import AutoModelForCausalLM
from transformers.generation import beam_search

torch.set_num_threads(2)
transformers.logging.set_verbosity_error()
MODELS = ["tiny-gpt2", "tiny-llama", "tiny-mistral", "tiny-qwen2", "tiny-qwen3"]
LOGITS = [c for c in json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../expected/generate.seed7.json"))) if c["kind"] == "logits"]
IDS = [c["expect"]["input_ids"] for c in LOGITS if c["model"] == MODELS[0]]
PROMPTS = IDS + [IDS[2] + IDS[0], IDS[3] + IDS[1], IDS[0][:1]]  # two longer ones, and a single token
PAIRS = [[a, b] for a in PROMPTS for b in PROMPTS if a != b and len(a) == len(b)]

# The scores of the returned beams are read where finalize() makes them. output_scores=True would give the same, but it makes
# generate() crash when a constrained search returns a beam that has not met its constraints.
last = {}
for scorer in (beam_search.BeamSearchScorer, beam_search.ConstrainedBeamSearchScorer):
    def finalize(self, *a, _inner=scorer.finalize, **k):
        last["out"] = _inner(self, *a, **k)
        return last["out"]
    scorer.finalize = finalize


def beam_args(r, b):
    """What both beam searches take."""
    return dict(num_beams=b, max_new_tokens=r.choice([6, 8, 10, 12, 16, 20]), num_return_sequences=r.randint(1, b))


def group(r):
    """13 argument sets for diverse beam search, each with the number of prompts (or the prompts)."""
    def g(**more):
        b, n = r.choice([(2, 2), (4, 2), (4, 4), (6, 2), (6, 3), (8, 2), (8, 4)])
        return dict(beam_args(r, b), num_beam_groups=n, diversity_penalty=r.choice([0.1, 0.3, 0.5, 1.0, 2.0, 5.0]), **more)
    yield g(), 1
    yield g(early_stopping=True), 1
    yield g(early_stopping="never"), 1
    yield g(length_penalty=r.choice([-0.5, 0.0, 1.5]), early_stopping=False), 1
    yield g(length_penalty=r.choice([-0.5, 0.0, 1.5]), early_stopping="never"), 1
    yield g(length_penalty=r.choice([-0.5, 0.0, 1.5]), early_stopping=True), 1
    yield g(no_repeat_ngram_size=r.choice([1, 2])), 1
    yield g(repetition_penalty=r.choice([1.2, 1.5])), 1
    yield g(repetition_penalty=0.8), 1  # repeats are liked, so the order of the two penalties shows
    yield g(min_new_tokens=r.choice([3, 5])), 1
    yield g(repetition_penalty=1.3, no_repeat_ngram_size=2, min_new_tokens=4, length_penalty=1.5, early_stopping=True), 1
    yield g(early_stopping=r.choice([True, False])), 2
    yield g(early_stopping=r.choice([True, "never"]), length_penalty=r.choice([0.0, 1.5])), 2


def constrained(r, likely, say):
    """15 argument sets for constrained beam search, each with its prompts. likely: tokens that the model tends to choose;
    say(prompt): its greedy continuation. Words out of the latter let hypotheses meet their constraints and end early."""
    p = r.choice(PROMPTS)
    pair = r.choice(PAIRS)
    said = say(p)

    def t():
        return r.choice(likely) if r.random() < 0.5 else r.randrange(2, 512)

    def ph(lo, hi):
        i, n = r.randrange(4), r.randint(lo, hi)
        return said[i:i + n] if r.random() < 0.5 else [t() for _ in range(n)]

    def fork(n):  # alternatives that share their first token
        h = ph(1, 3)
        return [h[:1] + [x] + ph(0, 2) for x in r.sample(range(2, 512), n - 1)] + [h + ph(1, 1)]

    def c(words, **more):
        early = more.get("early_stopping") is True  # few beams and many steps, or it never comes to that
        a = dict(beam_args(r, r.choice([2, 2, 3] if early else [2, 3, 3, 4, 5, 6, 7, 8])), force_words_ids=words, **more)
        if early:
            a["max_new_tokens"] = r.choice([12, 16, 20])
        if r.random() < 0.6:  # with more than one, open beams that have not met the constraints often come first
            a["num_return_sequences"] = 1
        return a
    yield c([ph(1, 1)]), [p]
    yield c([ph(1, 1)], early_stopping=True), [p]
    yield c([ph(2, 4)]), [p]
    yield c([ph(2, 3)], early_stopping="never", length_penalty=r.choice([-0.5, 0.0, 1.5])), [p]
    yield c([ph(1, 1), ph(1, 1)], early_stopping=True), [p]
    yield c([ph(1, 1), ph(2, 3)], length_penalty=r.choice([-0.5, 0.0, 1.5])), [p]
    yield c([ph(2, 3), ph(1, 2), ph(1, 1)], early_stopping=r.choice([True, False])), [p]
    yield c([[ph(1, 1), ph(2, 2)]], early_stopping=True), [p]
    yield c([fork(2)]), [p]
    yield c([fork(3), ph(1, 2)], early_stopping=r.choice([True, "never"])), [p]
    yield c([[ph(2, 3), ph(1, 1), ph(2, 2)], ph(1, 2)], repetition_penalty=r.choice([1.2, 1.5]), min_new_tokens=4), [p]
    x = ph(1, 1)
    yield c([x + ph(2, 2), x + ph(1, 1)], no_repeat_ngram_size=2, early_stopping=True, length_penalty=1.5), [p]  # phrases with one head
    yield c([p[-2:]] if r.random() < 0.5 else [p[:2] + ph(1, 2), p[-2:]], early_stopping=r.choice([True, False])), [p]  # the prompt's own tokens count
    yield c([ph(1, 2)], early_stopping=True), pair
    yield c([ph(1, 1), fork(2)]), pair


def contrastive(r):
    """10 argument sets for contrastive search."""
    def s(**more):
        return dict(penalty_alpha=r.choice([0.1, 0.3, 0.5, 0.6, 0.8, 0.9]), top_k=r.randint(2, 8), max_new_tokens=r.choice([8, 12, 16, 20]), **more)
    for _ in range(4):
        yield s(), 1
    yield s(repetition_penalty=r.choice([1.2, 1.5])), 1
    yield s(repetition_penalty=1.3, no_repeat_ngram_size=2), 1
    yield s(min_new_tokens=5), 1
    yield s(no_repeat_ngram_size=1), 1
    for _ in range(2):
        yield s(), 2


def forced(args):
    """All tokens in force_words_ids, whatever the nesting."""
    flat = args.get("force_words_ids", [])
    while any(isinstance(x, list) for x in flat):
        flat = [y for x in flat for y in (x if isinstance(x, list) else [x])]
    return flat


def generate(m, ids, args):
    x = torch.tensor(ids)
    with torch.no_grad():
        o = m.generate(x, attention_mask=torch.ones_like(x), do_sample=False, **args)
    return o[:, x.shape[1]:].tolist(), [round(v, 5) for v in last["out"]["sequence_scores"].tolist()] if "num_beams" in args else None


def load(models_dir, name):
    """The model in float32 and in float64, or None if its logits are not those of generate.seed7.json."""
    pair = [AutoModelForCausalLM.from_pretrained(f"{models_dir}/{name}", torch_dtype=t).eval() for t in (torch.float32, torch.float64)]
    for c in LOGITS:
        if c["model"] == name:
            with torch.no_grad():
                lg = pair[0](torch.tensor([c["expect"]["input_ids"]])).logits[0, -1]
            if (lg - torch.tensor(c["expect"]["last_logits"])).abs().max() > 1e-3:
                return None
    return pair


def main(models_dir, out, seed, rounds):
    cases = []
    for name in MODELS:
        r = random.Random(f"{seed} {name}")
        pair = load(models_dir, name)
        if pair is None:
            print("left out:", name)
            continue
        m, m64 = pair
        with torch.no_grad():  # tokens that the model likes
            likely = sorted({t for p in PROMPTS for t in m(torch.tensor([p])).logits[0, -1].topk(8).indices.tolist()})
        said = {tuple(p): generate(m, [p], dict(max_new_tokens=8))[0][0] for p in PROMPTS}
        kinds = dict(group=group, constrained=lambda r: constrained(r, likely, lambda p: said[tuple(p)]), contrastive=contrastive)
        for kind, sets in kinds.items():
            n = 0
            for _ in range(rounds):
                for slot in range(len(list(sets(r)))):
                    for _ in range(6):  # a slot whose case is dropped is drawn again
                        args, batch = list(sets(r))[slot]
                        ids = batch if isinstance(batch, list) else [r.choice(PROMPTS)] if batch == 1 else r.choice(PAIRS)
                        taken = set(forced(args))
                        try:
                            if r.random() < (0.95 if kind == "constrained" else 0.7):  # end tokens that the model does reach, so that
                                seen = [t for s in generate(m, ids, args)[0] for t in s[2:]]  # hypotheses end at different steps
                                if r.random() < 0.9:  # rarely one that is also forced
                                    seen = [t for t in seen if t not in taken] or seen
                                eos = r.choice(seen)
                                more = sorted(set(seen + likely) - {eos} - taken)
                                args["eos_token_id"] = eos if r.random() < 0.5 else [eos] + r.sample(more, r.choice([1, 2, 5]))
                                if kind == "group" and r.random() < 0.35:  # a group that is done counts as choosing pads
                                    args["pad_token_id"] = eos
                            new, scores = generate(m, ids, args)
                            new64, _ = generate(m64, ids, args)
                        except Exception as e:  # a combination that this version refuses
                            print("skip", kind, args, repr(e)[:200])
                            continue
                        if scores and min(scores) == float("-inf"):  # JSON has no number for it
                            continue
                        if new != new64:  # it hangs on float rounding
                            print("unstable", kind)
                            continue
                        cases.append(dict(id=f"{name}/{kind}/{n}", kind="search", model=name, prompt_ids=ids, generate=args,
                                          expect=dict(new_ids=new, sequences_scores=scores)))
                        n += 1
                        break
    with open(out, "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
    print(len(cases), "cases")


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
