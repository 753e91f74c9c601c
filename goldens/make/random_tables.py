"""Random generation configurations on a table model, answered by the numpy statement of transformers' generate().

Usage: python goldens/make/random_tables.py SEMANTICS_REF.py OUT.json SEED COUNT
The model: the logits depend on the last token only, logits[i][j] = f32(k - 500001) / f32(83333) with
k = (splitmix64(table * 1000003 + i * V + j) >> 40) % 1000003 (u64, wrapping), so a case stores only {"v", "table"}.
Every case: {id, v, table, prompts (equal lengths), generate (HF names), rng_seed, expect: {new_ids, scores}}.
"""
import collections, importlib.util, json, math, random, sys
import numpy as np

f32, M64 = np.float32, (1 << 64) - 1
MODES = ["greedy", "beam", "sample", "beam", "beam_sample", "beam"]  # by the case's number
NOISES = 10  # how often a case is repeated with moved logits
NOISE = 2e-6  # the relative size of the move
LIMIT = 1e-4  # how far scores may move with them


class Drop(Exception):
    pass


def splitmix64(x):
    z = x = (x + 0x9E3779B97F4A7C15) & M64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
    return z ^ (z >> 31)


def table_logits(v, table):
    k = [(splitmix64((table * 1_000_003 + n) & M64) >> 40) % 1_000_003 for n in range(v * v)]
    return (np.array(k, np.int64) - 500_001).astype(f32).reshape(v, v) / f32(83_333)


def draw(r, mode):
    """(V, table, prompts, generate arguments) of one random case."""
    v, eos_n = r.choice([r.randint(6, 12), r.randint(6, 40)]), r.choice([0, 1, 1, 1, 2])
    p, n, table, eos = r.randint(1, 6), r.randint(2, 14), r.randrange(1 << 32), r.sample(range(v), eos_n)
    best, walk = table_logits(v, table).argmax(1).tolist(), [r.randrange(v)]
    while best[walk[-1]] not in walk:
        walk.append(best[walk[-1]])
    if eos and len(walk) >= eos_n and r.random() < 0.6:  # end tokens that greedy steps come to
        eos = r.sample(walk, eos_n)
    ids = lambda k: [r.randrange(v) for _ in range(k)]
    some = lambda: sorted(r.sample(range(v), r.randint(1, max(1, v // 3))))
    words = lambda k: [list(w) for w in dict.fromkeys(tuple(ids(r.choice([1, 2, 2, 3]))) for _ in range(k))]
    penalty = lambda: r.choice([0.6, 0.9, 1.1, 1.3, 1.8, 2.5])
    pool = dict(
        sequence_bias=lambda: [[w, round(r.uniform(-5, 5), 2)] for w in words(r.randint(1, 2 * v))],
        encoder_repetition_penalty=penalty, repetition_penalty=penalty,
        no_repeat_ngram_size=lambda: r.choice([1, 2, 2, 3, 4]), encoder_no_repeat_ngram_size=lambda: r.choice([1, 2, 2, 3]),
        bad_words_ids=lambda: words(r.randint(1, 2 * v)), forced_bos_token_id=lambda: r.randrange(v),
        forced_eos_token_id=lambda: r.choice([r.randrange(v), r.choice(eos or [0]), some()[:2]]), remove_invalid_values=lambda: True,
        suppress_tokens=some, begin_suppress_tokens=some, renormalize_logits=lambda: True)
    if eos:
        pool.update(
            min_length=lambda: r.randint(1, p + n), min_new_tokens=lambda: r.randint(1, n),
            exponential_decay_length_penalty=lambda: [r.randint(0, 4), r.choice([1.01, 1.1, 1.3, 2.0])])
    if "sample" in mode:
        pool.update(
            temperature=lambda: r.choice([0.3, 0.7, 0.9, 1.0, 1.4, 2.5]), top_h=lambda: r.choice([0.2, 0.4, 0.7, 1.0]),
            top_k=lambda: r.choice([0, 1, 2, 3, 5, 8, 100]), top_p=lambda: r.choice([0.0, 0.3, 0.6, 0.9, 0.97, 1.0]),
            min_p=lambda: r.choice([0.0, 0.03, 0.1, 0.4]), typical_p=lambda: r.choice([0.2, 0.5, 0.8, 0.95]),
            epsilon_cutoff=lambda: r.choice([0.001, 0.02, 0.1]), eta_cutoff=lambda: r.choice([0.001, 0.02, 0.1, 0.3]))
    names = r.sample(sorted(pool), r.randint(0, 5))
    if "sample" in mode and r.random() < 0.5:  # half of the sampled cases have a warper for certain
        names = list(dict.fromkeys(names[:4] + r.sample(["temperature", "top_h", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff"], 1)))
    if "forced_bos_token_id" in names and r.random() < 0.8:
        p = 1
    g = dict(max_new_tokens=n, eos_token_id=eos)
    if "sample" in mode:
        g["do_sample"] = True
    if "beam" in mode:
        nb = r.choice([r.randint(2, 6), r.randint(2, 6), r.randint(2, 6), r.randint(2, 12)])
        g.update(num_beams=nb, num_return_sequences=r.randint(1, nb), length_penalty=r.choice([-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]),
                 early_stopping=r.choice([True, False, "never"]))
    elif "sample" in mode and r.random() < 0.3:
        g["num_return_sequences"] = r.randint(2, 3)
    g.update((k, pool[k]()) for k in names)
    if all(w in [[e] for e in eos] for w in g.get("bad_words_ids", [[]])):
        g.pop("bad_words_ids", None)  # an empty list, once [eos] is left out: the library refuses it
    for forced in ("forced_bos_token_id", "forced_eos_token_id"):  # refused too: every forced token suppressed
        if forced in g and set(np.ravel(g[forced]).tolist()) <= set(g.get("suppress_tokens", [])):
            g.pop("suppress_tokens")
    return v, table, [ids(p) for _ in range(r.choice([1, 1, 2, 3]))], g


def processors(ref, g, p, jitter=None):
    """The chain in the library's order. Prompts have equal lengths, so a row's prompt is its first p ids."""
    eos, beams = g["eos_token_id"], g.get("num_beams", 1)
    c = []
    if "sequence_bias" in g: c.append(ref.seq_bias({tuple(w): b for w, b in g["sequence_bias"]}))
    if (x := g.get("encoder_repetition_penalty")): c.append(lambda ids, s, x=x: ref.enc_rep_pen(x, ids[:p])(ids, s))
    if (x := g.get("repetition_penalty")): c.append(ref.rep_pen(x))
    if (x := g.get("no_repeat_ngram_size")): c.append(ref.no_repeat(x))
    if (x := g.get("encoder_no_repeat_ngram_size")): c.append(lambda ids, s, x=x: ref.enc_no_repeat(x, ids[:p])(ids, s))
    if (x := g.get("bad_words_ids")): c.append(ref.bad_words(x, eos))
    if (x := g.get("min_new_tokens")): c.append(ref.min_len(p + x, eos))  # and replaces min_length
    elif (x := g.get("min_length")): c.append(ref.min_len(x, eos))
    if "forced_bos_token_id" in g: c.append(ref.forced_bos(g["forced_bos_token_id"]))
    if "forced_eos_token_id" in g: c.append(ref.forced_eos(p + g["max_new_tokens"], g["forced_eos_token_id"]))
    if g.get("remove_invalid_values"): c.append(ref.inf_nan)
    if (x := g.get("exponential_decay_length_penalty")): c.append(ref.exp_decay(x[0], x[1], eos, p))
    if (x := g.get("suppress_tokens")): c.append(ref.suppress(x))
    if (x := g.get("begin_suppress_tokens")): c.append(ref.begin_suppress(x, p if p > 1 or "forced_bos_token_id" not in g else p + 1))
    if g.get("do_sample"):
        if jitter: c.append(jitter)  # several forced end tokens tie, and which of them top-p drops is up to torch's sort
        keep = 1 if beams == 1 else max(len(eos), 1) + 1
        if g.get("temperature", 1.0) != 1.0: c.append(ref.temperature(g["temperature"]))
        if "top_h" in g: c.append(ref.top_h(g["top_h"]))
        if g.get("top_k", 50): c.append(ref.top_k(g.get("top_k", 50), keep))
        if g.get("top_p", 1.0) < 1.0: c.append(ref.top_p(g["top_p"], keep))
        if "min_p" in g: c.append(ref.min_p(g["min_p"], keep))
        if "typical_p" in g: c.append(ref.typical(g["typical_p"], keep))
        if "epsilon_cutoff" in g: c.append(ref.epsilon(g["epsilon_cutoff"], keep))
        if "eta_cutoff" in g: c.append(ref.eta(g["eta_cutoff"], keep))
    if g.get("renormalize_logits"): c.append(ref.renorm)
    return ref.chain(c)


def answer(ref, lm, prompts, g, seed, jitter=None):
    """(new_ids, scores or None); Drop where the library would raise or hand out an unfinished filler."""
    eos, nb, p = g["eos_token_id"], g.get("num_beams", 1), len(prompts[0])
    rng, chain = None if seed is None else ref.TorchRng(seed), processors(ref, g, p, jitter)

    def proc(ids, s):
        s = chain(ids, s)
        if not (s < np.inf).all():
            raise Drop("NaN or +inf in a row")
        if (nb == 1 or rng) and s.max() <= np.finfo(f32).min:
            raise Drop("all tokens of a row removed")
        return s

    pad, end = eos[0] if eos else None, p + g["max_new_tokens"]
    if nb > 1:
        seqs, scores = ref.beam(lm, prompts, proc, nb, g["num_return_sequences"], eos, pad, end, g["length_penalty"], g["early_stopping"], rng)
        if not all(x > -1e5 for x in scores):
            raise Drop("unfinished hypothesis returned")
    else:
        seqs, scores = ref.sample_loop(lm, [q for q in prompts for _ in range(g.get("num_return_sequences", 1))], proc, eos, pad, end, rng), None
    cut = lambda q: q[:next((i + 1 for i, t in enumerate(q) if t in eos), len(q))]  # what is returned is finished: by an end token or full
    return [[int(t) for t in cut(q[p:])] for q in seqs], scores


def stable_topk(vals, k):
    return [int(i) for i in np.argsort(-np.asarray(vals, f32), kind="stable")[:k]]


def attempt(ref, r, mode):
    v, table, prompts, g = draw(r, mode)
    seed = r.randrange(1 << 32) if "sample" in mode else None
    logits, noise, exact = table_logits(v, table), np.random.default_rng(table), ref.topk
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        lm = lambda ids: logits[ids[-1]]
        ids, scores = answer(ref, lm, prompts, g, seed)
        ref.topk = stable_topk
        try:
            for i in range(1 + NOISES):
                # moved anew in every call: on a table, beams often take the same steps in another order, and tie
                moved = lambda ids: (lm(ids) * (1 + NOISE * noise.uniform(-1, 1, v))).astype(f32)
                jitter = lambda ids, s: (s + NOISE * noise.uniform(-1, 1, v)).astype(f32)
                ids2, scores2 = answer(ref, moved, prompts, g, seed, jitter) if i else answer(ref, lm, prompts, g, seed)
                if ids2 != ids:
                    raise Drop("tokens change with the tie order" if i == 0 else "tokens change with moved logits")
                if scores and max(abs(a - b) for a, b in zip(scores, scores2)) > LIMIT:
                    raise Drop("scores change by more than 1e-4")
        finally:
            ref.topk = exact
    return dict(v=v, table=table, prompts=prompts, generate=g, rng_seed=seed,
                expect=dict(new_ids=ids, scores=scores and [round(x, 6) for x in scores]))


def main(ref_path, out, seed, count):
    spec = importlib.util.spec_from_file_location("semantics_ref", ref_path)
    ref = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ref)
    r, cases, tally = random.Random(seed), [], collections.Counter()
    for n in range(count):
        while True:
            mode = MODES[n % len(MODES)]
            try:
                cases.append(dict(id=n, **attempt(ref, r, mode)))
                tally[mode, "kept"] += 1
                break
            except Drop as e:
                tally[mode, str(e)] += 1
    with open(out, "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
    for k in sorted(tally):
        print(*k, tally[k])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
