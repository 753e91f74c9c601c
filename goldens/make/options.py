"""Take goldens for the options that generate.py leaves out, from transformers 5.23, in float32 on CPU.

Usage: python goldens/make/options.py goldens/checkpoints OUT.json SEED
Same cases as generate.py: {id, kind, model, prompts, generate, expect}, kinds generate, distribution and torch_seed.
Where stop_strings are given, a torch_seed case has the text too.
guidance_scale with beams: the library keeps the unconditional context with the beam's place instead of with the hypothesis
(it is not reordered when beams change places), so that a hypothesis is guided by another's text. Cases of kind "generate" have
the context follow the hypothesis; what the library itself gives, where it differs, has kind "generate_as_is" (not for 0.5).
The prompts of enc_rep_beam are padded to one length; a case in which the padding counted as part of the prompt (tiny-qwen2, the
163rd of seed 7) has been taken out of the file.
"""
import collections, json, random, sys
import torch, transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, LogitsProcessor, LogitsProcessorList
from transformers.generation.stopping_criteria import StopStringCriteria

torch.set_num_threads(2)
transformers.logging.set_verbosity_error()
MODELS = ["tiny-gpt2", "tiny-llama", "tiny-mistral", "tiny-qwen2", "tiny-qwen3"]
PROMPTS = ["Once upon a time", "The crow held a", "안녕하세요", "今天我们学习", "映画はとても", "Beam search keeps the b best", "greedy search",
           "emoji 😀🎉", "Text generation picks one token after another; greedy search takes", "0123 (paren) [x]"]
SINGLE = ["a", "T", "é", "\n"]  # one token each, or they are left out
BYTES = {}  # a letter of the byte-level alphabet -> its byte


class OwnGuidance(LogitsProcessor):
    """Guidance whose unconditional context is `start` (or the prompt's last token) and the hypothesis' own new tokens."""

    def __init__(self, model, scale, start):
        self.model, self.scale, self.start, self.prompt = model, scale, start, None

    def __call__(self, ids, scores):
        if self.prompt is None:
            self.prompt = ids.shape[1]
        n = self.prompt
        start = ids[:, n - 1:n] if self.start is None else torch.tensor([self.start]).expand(len(ids), -1)
        u = self.model(torch.cat([start, ids[:, n:]], 1), use_cache=False).logits[:, -1].log_softmax(-1)
        return self.scale * (scores.log_softmax(-1) - u) + u


class Model:
    def __init__(self, folder, name):
        self.name = name
        self.m, self.m64 = (AutoModelForCausalLM.from_pretrained(folder, dtype=t).eval() for t in (torch.float32, torch.float64))
        self.tok = AutoTokenizer.from_pretrained(folder, padding_side="left")

    def run(self, m, prompts, args, seed=None, own=False, **more):
        enc, hf = self.tok(prompts, return_tensors="pt", padding=True), dict(dict(do_sample=False), **args)
        if "exponential_decay_length_penalty" in hf:
            hf["exponential_decay_length_penalty"] = tuple(hf["exponential_decay_length_penalty"])
        if "stop_strings" in hf:
            hf["tokenizer"] = self.tok
        if own:
            hf["logits_processor"] = LogitsProcessorList([OwnGuidance(m, hf.pop("guidance_scale"), hf.pop("negative_prompt_ids", None))])
        if "negative_prompt_ids" in hf:  # the library wants them for every row
            hf["negative_prompt_ids"] = torch.tensor([hf["negative_prompt_ids"]] * (len(prompts) * hf.get("num_beams", 1)))
        if seed is not None:
            torch.manual_seed(seed)
        with torch.no_grad():
            return m.generate(**enc, return_dict_in_generate=True, output_scores=True, **hf, **more), enc.input_ids.shape[1]

    def stable(self, out, prompts, args, seed=None, **more):
        """Whether float64 gives the same: if not, the case hangs on rounding."""
        other = self.run(self.m64, prompts, args, seed, **more)[0].sequences
        return other.shape == out.sequences.shape and torch.equal(other, out.sequences)

    def text(self, out, n):
        return self.tok.batch_decode(out.sequences[:, n:], skip_special_tokens=True)

    def generate(self, prompts, args, own=False):
        out, n = self.run(self.m, prompts, args, own=own)
        if not self.stable(out, prompts, args, own=own):
            return None
        e = dict(new_ids=[s[n:].tolist() for s in out.sequences], text=self.text(out, n))
        if args.get("num_beams", 1) > 1:
            if out.sequences_scores.min() < -1e5:  # an unfinished hypothesis: which one is arbitrary
                return None
            e["sequences_scores"] = rounded(out.sequences_scores)
            tr = self.m.compute_transition_scores(out.sequences, out.scores, out.beam_indices, normalize_logits=False)
        else:
            tr = self.m.compute_transition_scores(out.sequences, out.scores, normalize_logits=True)
        e["transition_scores"] = [rounded(x) for x in tr]
        return e

    def torch_seed(self, prompts, args, seed):
        out, n = self.run(self.m, prompts, args, seed)
        if not self.stable(out, prompts, args, seed):
            return None
        e = dict(new_ids=[s[n:].tolist() for s in out.sequences])
        return dict(e, text=self.text(out, n)) if "stop_strings" in args else e

    def distribution(self, prompts, args):
        found = []
        for m in (self.m, self.m64):
            pr = torch.softmax(self.run(m, prompts, args, 0, max_new_tokens=1)[0].scores[0][0].double(), -1)
            keep = pr.nonzero()[:, 0]
            found.append((keep[pr[keep].argsort(descending=True, stable=True)].tolist(), pr))
        (keep, pr), (keep64, _) = found
        return dict(kept=len(keep), ids=keep[:60], probs=rounded(pr[keep[:60]], 6)) if keep == keep64 else None

    def says(self, prompts, seed=None, **args):
        """The new tokens of the first prompt, with no end token: greedy, or as args say."""
        out, n = self.run(self.m, prompts, dict(dict(max_new_tokens=14, eos_token_id=[]), **args), seed)
        return out.sequences[0, n:].tolist()

    def bytes(self, ids):
        return [bytes(BYTES[c] for c in t) for t in self.tok.convert_ids_to_tokens(ids)]

    def phrases(self, r, ids, count, first=1, shortest=2):
        """Strings that occur in the text of ids over token edges: from somewhere in a token to somewhere in a later one."""
        parts, out = self.bytes(ids), []
        for _ in range(4000):
            i = r.randrange(first, len(parts) - 1)
            j = min(i + r.choice([1, 1, 2, 3]), len(parts) - 1)
            b = parts[i][r.randrange(len(parts[i])):] + b"".join(parts[i + 1:j]) + parts[j][:r.randint(1, len(parts[j]))]
            try:
                s = b.decode()
            except UnicodeDecodeError:
                continue
            if len(out) < count and len(s) >= shortest and s not in out:
                out.append(s)
        return out


def rounded(x, n=5):
    return [None if v != v or v in (float("inf"), float("-inf")) else round(float(v), n) for v in x]


def same_length(tok, r):
    """Three different prompts of the same number of tokens."""
    by = collections.defaultdict(list)
    for p in PROMPTS:
        for end in range(1, len(p) + 1):
            by[len(tok(p[:end]).input_ids)].append(p[:end])
    while True:
        k = r.choice(sorted(by))
        if len({p[0] for p in by[k]}) >= 3:
            ps = r.sample(by[k], 3)
            if len({p[0] for p in ps}) == 3:
                return ps


def cases(M, r):
    """(group, kind, prompts, arguments, seed or None) for one model."""
    tok, prompt = M.tok, lambda: [r.choice(PROMPTS)]
    n = lambda: r.choice([8, 12, 16, 20])
    b = lambda: r.choice([2, 3, 4, 6])
    seed = lambda: r.randrange(1, 10 ** 6)
    early = lambda: r.choice([True, False, "never"])

    def ends(p, k, sd=None, **args):  # end tokens that the model comes to
        said = sorted(set(M.says(p, sd, **args)[2:]))
        return r.sample(said, min(k, len(said)))

    def words(p, k):  # biases that meet what is said: a key of one, two or three tokens
        said = M.says(p)
        out = [[said[i:i + r.choice([2, 2, 3])], round(r.uniform(-9, 2), 2)] for i in r.sample(range(len(said) - 3), k)]
        out += [[[said[i], r.randrange(2, 512)], round(r.uniform(4, 12), 2)] for i in r.sample(range(len(said) - 3), k)]
        out += [[[r.randrange(2, 512)], round(r.uniform(-4, 4), 2)] for _ in range(k)]
        return list({tuple(w): [w, v] for w, v in out}.values())

    p = prompt()
    for scale in (1.5, 0.5, 3.0):
        yield "cfg", "generate", prompt(), dict(max_new_tokens=n(), guidance_scale=scale), None
        yield "cfg_beam", "generate", prompt(), dict(max_new_tokens=n(), guidance_scale=scale, num_beams=b(), early_stopping=early()), None
    for more in (dict(), dict(num_beams=b(), num_return_sequences=2)):
        yield "cfg_negative" + "_beam" * bool(more), "generate", prompt(), dict(
            max_new_tokens=n(), guidance_scale=r.choice([1.5, 0.5, 3.0]), negative_prompt_ids=tok(r.choice(PROMPTS)).input_ids, **more), None
    yield "cfg_seed", "torch_seed", prompt(), dict(do_sample=True, max_new_tokens=12, guidance_scale=1.5), seed()
    yield "bias", "generate", p, dict(max_new_tokens=n(), sequence_bias=words(p, 5)), None
    yield "bias_beam", "generate", p, dict(max_new_tokens=n(), sequence_bias=words(p, 5), num_beams=b(), num_return_sequences=2), None
    yield "enc_rep", "generate", prompt(), dict(max_new_tokens=n(), encoder_repetition_penalty=r.choice([0.7, 1.3, 2.0])), None
    yield "enc_rep_beam", "generate", r.sample(PROMPTS, 2), dict(max_new_tokens=n(), encoder_repetition_penalty=r.choice([0.7, 1.3, 2.0]), num_beams=b()), None
    p = [r.choice(["the cat the cat the dog the", "a b a b a c a", "今天今天今"])]
    more = dict(encoder_repetition_penalty=r.choice([1.5, 3.0]))  # so that the prompt's n-grams come up again
    yield "enc_ngram", "generate", p, dict(max_new_tokens=n(), encoder_no_repeat_ngram_size=r.choice([1, 2, 3]), **more), None
    yield "enc_ngram_beam", "generate", p, dict(max_new_tokens=n(), encoder_no_repeat_ngram_size=r.choice([2, 3]), num_beams=b(), **more), None
    single = [r.choice([s for s in SINGLE if len(tok(s).input_ids) == 1])]
    yield "forced_bos", "generate", single, dict(max_new_tokens=n(), forced_bos_token_id=r.randrange(2, 512)), None
    yield "forced_bos_beam", "generate", single, dict(max_new_tokens=n(), forced_bos_token_id=r.randrange(2, 512), num_beams=b(),
                                                      begin_suppress_tokens=r.sample(range(2, 512), 60)), None
    p = prompt()
    yield "min_length_beam", "generate", p, dict(max_length=40, min_length=r.choice([14, 25]), num_beams=b(), eos_token_id=ends(p, 2)), None
    yield "expdecay_beam", "generate", p, dict(max_new_tokens=20, exponential_decay_length_penalty=[r.choice([1, 3]), r.choice([1.05, 1.2, 1.5])],
                                               num_beams=b(), num_return_sequences=2, eos_token_id=ends(p, 1)), None
    yield "renorm_beam", "generate", prompt(), dict(max_new_tokens=n(), renormalize_logits=True, no_repeat_ngram_size=2, repetition_penalty=1.3, num_beams=b(),
                                                    suppress_tokens=sorted(r.sample(range(2, 512), 80))), None
    yield "renorm_seed", "torch_seed", prompt(), dict(do_sample=True, max_new_tokens=12, renormalize_logits=True, top_k=r.choice([0, 20]), temperature=0.8), seed()
    yield "invalid", "generate", prompt(), dict(max_new_tokens=n(), remove_invalid_values=True, no_repeat_ngram_size=1), None
    yield "invalid_beam", "generate", prompt(), dict(max_new_tokens=n(), remove_invalid_values=True, no_repeat_ngram_size=2, num_beams=b()), None
    for h in r.sample([0.1, 0.3, 0.4, 0.7, 0.95], 2):
        yield "top_h", "distribution", prompt(), dict(do_sample=True, top_h=h, top_k=r.choice([0, 50]), temperature=r.choice([1.0, 2.0])), None
    yield "top_h_seed", "torch_seed", prompt(), dict(do_sample=True, max_new_tokens=16, top_h=r.choice([0.3, 0.5, 0.8]), temperature=r.choice([0.9, 1.5])), seed()
    for stop in (True, False, "never"):
        p = prompt()
        size = b()
        yield "eos_list_beam", "generate", p, dict(max_new_tokens=20, num_beams=size, num_return_sequences=r.randint(1, size), early_stopping=stop,
                                                   length_penalty=r.choice([-0.5, 0.0, 1.0, 1.5]), eos_token_id=ends(p, r.choice([2, 3]))), None
    for i, w in enumerate((dict(top_k=r.choice([3, 10])), dict(top_p=0.8, top_k=0), dict(min_p=0.05, top_k=0), dict(typical_p=0.7, top_k=0),
                           dict(epsilon_cutoff=0.01, top_k=0), dict(eta_cutoff=0.02, top_k=0), dict(renormalize_logits=True, top_p=0.9))):
        p, sd = prompt(), seed()
        args = dict(do_sample=True, max_new_tokens=12, num_beams=r.choice([2, 3, 4]), temperature=r.choice([0.8, 1.0, 1.5]), **w)
        if i % 2:
            args.update(num_return_sequences=2, length_penalty=0.5)
        else:
            args.update(early_stopping=early(), eos_token_id=ends(p, 2, sd, **args))
        yield "beam_seed", "torch_seed", p, args, sd
    yield "nret_seed", "torch_seed", prompt(), dict(do_sample=True, max_new_tokens=12, num_return_sequences=r.choice([2, 3, 4]), top_k=0, temperature=0.8), seed()
    p, sd, args = same_length(tok, r), seed(), dict(do_sample=True, max_new_tokens=12, top_p=0.9)
    yield "batch_seed", "torch_seed", p, dict(args, eos_token_id=ends(p, 2, sd, **args)), sd
    yield "batch_nret_seed", "torch_seed", p, dict(do_sample=True, max_new_tokens=10, num_return_sequences=2, top_k=0, temperature=1.3), seed()
    yield "batch_beam_seed", "torch_seed", p, dict(do_sample=True, max_new_tokens=10, num_beams=3), seed()

    def stop(make, *a):  # until a prompt has such phrases
        while True:
            p = prompt()
            if (found := M.phrases(r, make(p), *a)):
                return p, found

    p, s = stop(lambda p: M.says(p), 1, 2)
    yield "stop", "generate", p, dict(max_new_tokens=24, stop_strings=s), None
    p, s = stop(lambda p: M.says(p), 2, 2, 3)
    yield "stop", "generate", p, dict(max_new_tokens=24, stop_strings=s + ["never said"]), None
    p, s = stop(lambda p: tok(p[0]).input_ids[-1:] + M.says(p)[:1], 1, 0)  # begun in the prompt's last token
    yield "stop_prompt", "generate", p, dict(max_new_tokens=8, stop_strings=s[0]), None
    args, sd = dict(do_sample=True, max_new_tokens=24, top_k=5, temperature=0.7), seed()
    p, s = stop(lambda p: M.says(p, sd, **args), 2, 2)
    yield "stop_seed", "torch_seed", p, dict(args, stop_strings=s), sd
    for way in (dict(early_stopping=True), dict(length_penalty=0.0), dict(early_stopping="never", length_penalty=-0.5)):
        args = dict(max_new_tokens=20, num_beams=b(), **way)
        p, s = stop(lambda p: M.says(p, **args), 4, 2)
        yield "stop_beam", "generate", p, dict(args, num_return_sequences=2, stop_strings=s), None


def main(models_dir, out, seed):
    found, tally = [], collections.Counter()
    BYTES.update(StopStringCriteria._byte_level_decoder())
    for name in MODELS:
        M, r = Model(f"{models_dir}/{name}", name), random.Random(f"{seed}/{name}")
        for group, kind, prompts, args, sd in cases(M, r):
            made = [(group, kind, M.torch_seed(prompts, args, sd) if kind == "torch_seed" else getattr(M, kind)(prompts, args))]
            if group.startswith("cfg") and "num_beams" in args:
                own, as_is = M.generate(prompts, args, own=True), made[0][2]
                made = [(group, kind, own)]
                if as_is != own and args["guidance_scale"] != 0.5:
                    made.append((group + "_as_is", "generate_as_is", as_is))
            for group, kind, e in made:
                tally[group, kind, "kept" if e else "unstable"] += 1
                if e:
                    s = {} if sd is None else dict(seed=sd)
                    found.append(dict(id=f"{name}/{group}/{len(found)}", kind=kind, model=name, prompts=prompts, **s, generate=args, expect=e))
    with open(out, "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in found) + "\n]\n")
    for k in sorted(tally):
        print(*k, tally[k])


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
