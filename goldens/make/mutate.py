"""Mutations of config.json, generation_config.json and tokenizer_config.json, and what transformers makes of each.

Usage: python goldens/make/mutate.py goldens/expected/fields.json OUT_DIR [--only family,family] (transformers 5.23.0, torch 2.15.0)
OUT_DIR/FAMILY.json: a small checkpoint without weights (specimens.py), its result, and for each mutation of a file (`set`: fields by
their new values, `drop`: fields that are gone, `tensors`: what the checkpoint has more (shape) or less (null)) one of
`same` (as the base), `ids` with `top` and `logprobs` (eight greedy tokens, the prompt's last row), `error` (transformers fails) and
`missing` (transformers would make up weights, which beamline must refuse). For tokenizer_config.json: `encoded`, the ids of TEXTS.
"""
import argparse, copy, json, math, os, shutil, tempfile
import torch
from transformers import AutoConfig, AutoTokenizer
import specimens

IDS = [(7 + i * 37 + i * i * 11) % 510 + 2 for i in range(20)]
TEXTS = ["Once upon a time", " a crow  held cheese.", "안녕하세요?", "a<|endoftext|>b <pad> c", "<new> word\n\n don't 0123"]
SKIPPED = {"transformers_version", "architectures", "id2label", "label2id", "vocab_size", "model_type", "dtype", "torch_dtype"}
DROPPED = object()
FAIL = (Exception,)


def bases():
    base = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, max_position_embeddings=64)
    gqa, own = dict(base, num_key_value_heads=2), dict(base, num_key_value_heads=2, head_dim=16)
    old = dict(n_embd=32, n_layer=2, n_head=4, n_positions=64)
    window, four = dict(sliding_window=8), dict(num_hidden_layers=4)
    return {
        "gpt2": old, "llama": gqa, "mistral": dict(own, **window), "qwen2": gqa, "qwen3": own,
        "gemma": own, "gemma2": dict(own, **window, query_pre_attn_scalar=24, final_logit_softcapping=60.0),
        "gemma3_text": dict(own, **window, **four, query_pre_attn_scalar=24, sliding_window_pattern=2),
        "gpt_neox": dict(base, rotary_pct=0.5), "gptj": dict(old, rotary_dim=4),
        "gpt_neo": dict(hidden_size=32, num_layers=2, num_heads=4, attention_types=[[["global", "local"], 1]], window_size=8, max_position_embeddings=64),
        "opt": dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, ffn_dim=48, word_embed_proj_dim=32, max_position_embeddings=64),
        "bloom": dict(hidden_size=32, n_layer=2, n_head=4),
        "falcon": dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, multi_query=True, parallel_attn=True),
        "phi": dict(gqa, partial_rotary_factor=0.5), "phi3": dict(gqa, sliding_window=None, original_max_position_embeddings=64),
        "stablelm": dict(gqa, partial_rotary_factor=0.5), "starcoder2": dict(gqa, **window), "smollm3": dict(gqa, no_rope_layer_interval=2),
        "granite": dict(gqa, embedding_multiplier=6.0, residual_multiplier=0.5, attention_multiplier=0.1, logits_scaling=3.0),
        "olmo2": gqa, "olmo3": dict(gqa, **window, **four), "ministral": dict(own, **window),
        "exaone4": dict(gqa, **window, **four, sliding_window_pattern=2), "ernie4_5": own, "glm4": dict(own, partial_rotary_factor=0.5),
        "glm": dict(own, partial_rotary_factor=0.5), "cohere": dict(gqa, logit_scale=0.25),
        "qwen3_moe": dict(own, moe_intermediate_size=24, num_experts=4, num_experts_per_tok=2, norm_topk_prob=True),
        "mixtral": dict(gqa, num_local_experts=4, num_experts_per_tok=2, sliding_window=None),
        "gpt_oss": dict(own, **window, num_local_experts=4, num_experts_per_tok=2),
    }


def other(name, value):
    """Another value that a field might have."""
    if name in ("hidden_act", "activation_function", "hidden_activation", "activation"):
        return "relu" if value != "relu" else "gelu"
    if name == "layer_types":
        return ["full_attention"] * len(value or [1, 1])
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value * 2 if value > 1 else value + 1
    if isinstance(value, float):
        return value * 1.5 + 0.25
    if value is None:
        return 8
    return value


def wrong(value):
    """A value of a type that the field has not."""
    return 7 if isinstance(value, (str, list, dict)) else "seven"


def of_field(number, name, value):
    """Two mutations of a field: another value, and one of null, absence, wrong type and a number written otherwise."""
    if other(name, value) != value:
        yield {name: other(name, value)}
    kinds = [None, DROPPED, wrong(value), float(value) if type(value) is int else None]
    yield {name: kinds[number % 4]}
    yield {name: kinds[(number + 1) % 4]}


def ropes(config):
    """Spellings of rotary positions, old and new, alone and beside each other."""
    if "rope_parameters" not in config:
        return
    gone = {"rope_parameters": DROPPED}
    yield {**gone, "rope_theta": 500.0}
    yield {**gone, "rope_theta": 500}
    yield {**gone, "rope_theta": None}
    yield gone
    yield {"rope_theta": 500.0}
    yield {"rope_parameters": None, "rope_theta": 500.0}
    yield {"rope_parameters": {"rope_type": "default"}, "rope_theta": 500.0}
    yield {"rope_parameters": {"rope_theta": 500.0}}
    yield {"rope_parameters": {}}
    yield {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 500.0}}
    yield {"rope_scaling": {"type": "linear", "factor": 4.0}}
    yield {**gone, "rope_scaling": {"type": "linear", "factor": 4.0}}
    yield {**gone, "rope_scaling": {"rope_type": "linear", "factor": 4.0}, "rope_theta": 500.0}
    yield {**gone, "rope_scaling": {"rope_type": "linear", "factor": 4, "rope_theta": 500.0}}
    yield {**gone, "rope_scaling": {"rope_type": "linear", "factor": 4.0, "rope_theta": 500.0}, "rope_theta": 100.0}
    yield {**gone, "rope_scaling": None, "rope_theta": 500.0}
    yield {**gone, "rope_scaling": {"type": "linear", "rope_type": "default", "factor": 4.0}}
    yield {**gone, "rope_scaling": {"type": "dynamic", "factor": 4.0}}
    yield {**gone, "rope_scaling": {"type": "ntk", "factor": 4.0}}
    yield {**gone, "rope_scaling": {"rope_type": "yarn", "factor": 4.0}}
    yield {**gone, "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}}
    yield {**gone, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}}
    yield {**gone, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}}
    yield {**gone, "partial_rotary_factor": 0.5}
    yield {**gone, "rotary_pct": 0.25, "rotary_emb_base": 500}
    yield {"partial_rotary_factor": 0.25}
    yield {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.25}}
    yield {"rope_local_base_freq": 500.0}
    yield {"rope_parameters": {"rope_type": "surprise", "rope_theta": 500.0}}
    yield {"rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 500.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 90.0}}}


def by_hand(config):
    """What files of older versions and other writers have."""
    yield from ropes(config)
    layers = config.get("num_hidden_layers") or config.get("n_layer") or config.get("num_layers")
    for extra in ({"sliding_window": 4}, {"sliding_window": None}, {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1},
                  {"use_sliding_window": True}, {"layer_types": ["sliding_attention", "full_attention"] * (layers // 2), "sliding_window": 4},
                  {"layer_types": ["full_attention"]}, {"layer_types": ["linear_attention"] * layers}, {"layer_types": None, "sliding_window": 4},
                  {"sliding_window_pattern": 2, "sliding_window": 4}, {"sliding_window_pattern": 1, "sliding_window": 4},
                  {"head_dim": 16}, {"head_dim": None}, {"hidden_size": 16}, {"n_embd": 16}, {"num_hidden_layers": 1}, {"n_layer": 1},
                  {"num_layers": 1}, {"num_attention_heads": 2}, {"n_head": 2}, {"max_position_embeddings": 8}, {"n_positions": 8},
                  {"n_inner": 40}, {"intermediate_size": 40}, {"attention_bias": True}, {"mlp_bias": True}, {"use_bias": True},
                  {"tie_word_embeddings": True}, {"tie_word_embeddings": False}, {"tie_word_embeddings": DROPPED}, {"is_decoder": False},
                  {"is_encoder_decoder": True}, {"torch_dtype": "bfloat16"}, {"dtype": "float16"}, {"unknown_field": 3}, {"num_kv_heads": 2},
                  {"n_head_kv": 2}, {"n_embed": 32}, {"layer_norm_eps": 0.5}, {"layer_norm_epsilon": 0.5}, {"rms_norm_eps": 0.5},
                  {"norm_epsilon": 0.5}, {"hidden_act": "gelu_new"}, {"hidden_act": "gelu_pytorch_tanh"}, {"hidden_activation": None},
                  {"hidden_act": "surprise"}, {"activation_function": "silu"}, {"attn_implementation": "eager"}, {"use_bidirectional_attention": True},
                  {"vocab_size": 500}, {"add_cross_attention": True}, {"pruned_heads": {"0": [1]}}, {"torchscript": True}, {"use_bfloat16": True}):
        yield extra


def lm_heads(tensors):
    """Both matrices, one alone under either name, a prefix that is not there."""
    table = next((n for n in tensors if n.endswith(("embed_tokens.weight", "wte.weight", "word_embeddings.weight", "embed_in.weight"))), None)
    head = next((n for n in tensors if n in ("lm_head.weight", "embed_out.weight")), None) or ("embed_out.weight" if table and table.endswith("embed_in.weight") else "lm_head.weight")
    if table is None:
        return
    for tie in (True, False):
        yield {"tie_word_embeddings": tie}, {head: tensors[table]}
        if head in tensors:
            yield {"tie_word_embeddings": tie}, {head: None}
        yield {"tie_word_embeddings": tie}, {head: tensors[table], table: None}


class Family:
    """A checkpoint of one family that is written again with each mutation."""

    def __init__(self, name, fields, seed):
        self.name, self.seed = name, seed
        config = AutoConfig.for_model(name, vocab_size=512, **{"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 1, **fields})
        self.tensors, self.config = specimens.tensors_of(config)
        self.folder = tempfile.mkdtemp()
        specimens.write(self.folder, self.config, self.tensors, seed)
        self.written = self.tensors
        self.base = self.run()

    def put(self, config, tensors):
        if tensors != self.written:
            specimens.write(self.folder, config, tensors, self.seed)
            self.written = tensors
        specimens.write(self.folder, config, tensors, self.seed, weights=False)

    def run(self):
        try:
            model = specimens.load(self.folder)
            with torch.no_grad():
                row = model(torch.tensor([IDS])).logits[0, -1].double().log_softmax(-1)
                new = model.generate(torch.tensor([IDS]), max_new_tokens=8, do_sample=False)[0, len(IDS):].tolist()
        except FAIL as error:
            kind = "missing" if "tensors are missing or of another shape" in str(error) else "error"
            return {kind: f"{type(error).__name__}: {' '.join(str(error).split())}"[:110]}
        if not torch.isfinite(row).all():
            return dict(error="not finite")
        top = row.topk(8)
        return dict(ids=new, top=top.indices.tolist(), logprobs=specimens.rounded(top.values))

    def told(self, result):
        near = "ids" in result and result["ids"] == self.base["ids"] and result["top"] == self.base["top"] and \
            max(abs(a - b) for a, b in zip(result["logprobs"], self.base["logprobs"])) < 2e-5
        return dict(same=True) if near else result

    def mutate(self, change, tensors=None):
        config = copy.deepcopy(self.config)
        for key, value in change.items():
            config.pop(key, None) if value is DROPPED else config.__setitem__(key, value)
        have = {n: s for n, s in {**self.tensors, **(tensors or {})}.items() if s is not None}
        self.put(config, have)
        made = dict(set={k: v for k, v in change.items() if v is not DROPPED})
        drop = [k for k, v in change.items() if v is DROPPED]
        return made | (dict(drop=drop) if drop else {}) | (dict(tensors=tensors) if tensors else {}) | self.told(self.run())

    def own_tensors(self, change):
        """How the tensors of a model of the changed config differ from the base's."""
        # A copy: the class writes into what it is given.
        config = {k: copy.deepcopy(v) for k, v in {**self.config, **change}.items() if v is not DROPPED}
        try:
            own, _ = specimens.tensors_of(AutoConfig.for_model(**config))
        except FAIL:
            return {}
        if sum(abs(int(torch.tensor(s).prod())) for s in own.values()) > 400_000:
            return {}
        return {n: own.get(n) for n in sorted(set(own) | set(self.tensors)) if own.get(n) != self.tensors.get(n)}

    def configs(self, listed):
        fields = {**listed["*"]["fields"], **listed[self.name]["fields"]}
        mutations = [m for i, f in enumerate(fields) if f not in SKIPPED for m in of_field(i, f, self.config.get(f, fields[f]))]
        seen, out = set(), []
        for change in mutations + list(by_hand(self.config)):
            key = repr(sorted((k, "gone" if v is DROPPED else repr(v)) for k, v in change.items()))
            if key in seen or all(self.config.get(k, DROPPED) == v and type(self.config.get(k)) is type(v) for k, v in change.items()):
                continue
            seen.add(key)
            out.append(self.mutate(change))
            if "ids" not in out[-1] and "same" not in out[-1] or len(change) == 1:
                own = self.own_tensors(change)
                if own:
                    out.append(self.mutate(change, own))
        return out + [self.mutate(change, tensors) for change, tensors in lm_heads(self.tensors)]


GENERATION = [
    *({"eos_token_id": v} for v in (None, [0, 5], "0", 0.0, -1, 600, [], [0, "a"])), *({"pad_token_id": v} for v in (None, 5, -1)),
    *({"bos_token_id": v} for v in (None, 7)), *({"repetition_penalty": v} for v in (1.3, 1, 0.0, "1.3", None, -1.0)),
    *({"no_repeat_ngram_size": v} for v in (1, 2, 2.0, None, -1)), *({"num_beams": v} for v in (3, 1, 0, 2.0, None)),
    {"num_beams": 3, "length_penalty": 2.0}, {"num_beams": 3, "early_stopping": True}, {"num_beams": 3, "early_stopping": "never"},
    {"num_beams": 3, "num_return_sequences": 2}, {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 0.5}, {"num_return_sequences": 2},
    *({"temperature": v} for v in (0.0, 0.5, -1.0, None, "hot")), {"do_sample": True, "top_k": 1}, {"do_sample": True, "temperature": 0.0},
    {"do_sample": True, "top_p": 0.0, "top_k": 0}, {"do_sample": None}, {"do_sample": "yes"}, {"do_sample": 0},
    *({"max_length": v} for v in (22, 24, None, 5, "30")), *({"max_new_tokens": v} for v in (3, None, 0, 4.0)), {"min_new_tokens": 4},
    {"min_length": 24}, {"suppress_tokens": [1, 2, 3]}, {"suppress_tokens": list(range(2, 300))}, {"begin_suppress_tokens": list(range(2, 400))},
    {"bad_words_ids": [[5], [6, 7]]}, {"bad_words_ids": []}, {"sequence_bias": [[[9], 5.0]]}, {"forced_bos_token_id": 9}, {"forced_eos_token_id": 0},
    {"exponential_decay_length_penalty": [2, 1.5]}, {"remove_invalid_values": True}, {"renormalize_logits": True}, {"guidance_scale": 1.5},
    {"penalty_alpha": 0.6, "top_k": 4}, {"prompt_lookup_num_tokens": 3}, {"use_cache": False}, {"cache_implementation": "static"},
    {"cache_implementation": "quantized"}, {"stop_strings": ["a"]}, {"max_time": 100.0}, {"output_scores": True}, {"return_dict_in_generate": True},
    {"token_healing": True}, {"watermarking_config": {"bias": 2.0}}, {"dola_layers": "high"}, {"encoder_no_repeat_ngram_size": 2},
    {"encoder_repetition_penalty": 1.5}, {"low_memory": True}, {"unknown_field": 1}, {"transformers_version": "4.1.0"}, {"_from_model_config": True},
    {"top_k": None}, {"top_k": "many"}, {"top_p": float("nan")}, {"length_penalty": float("inf")}, {"typical_p": 2.0}, {"min_p": 0.1},
    {"epsilon_cutoff": 3.0}, {"eta_cutoff": 0.1}, {"assistant_confidence_threshold": 0.4}, {"num_assistant_tokens": 5},
]


def generations(family):
    family.put(family.config, family.tensors)
    path, out = family.folder + "/generation_config.json", []
    for change in GENERATION + [None]:
        raw = change and json.dumps({"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 1, **change})
        if change is not None:
            with open(path, "w") as file:
                file.write(raw)
        told = dict(set=change)
        if change and any(isinstance(v, float) and not math.isfinite(v) for v in change.values()):
            told = dict(set={k: str(v) for k, v in change.items()}, raw=raw)  # what strict JSON cannot say
        try:
            model = specimens.load(family.folder)
            limit = {} if change and ("max_length" in change or change.get("max_new_tokens")) else dict(max_new_tokens=8)
            with torch.no_grad():
                new = model.generate(torch.tensor([IDS]), tokenizer=AutoTokenizer.from_pretrained(family.folder), **limit)
            new = new.sequences if hasattr(new, "sequences") else new
            out.append(dict(**told, limit=limit, ids=new[0, len(IDS):].tolist()))
        except FAIL as error:
            out.append(dict(**told, error=f"{type(error).__name__}: {' '.join(str(error).split())}"[:110]))
        if os.path.exists(path):
            os.remove(path)
    return out


CLASSES = ["GPT2Tokenizer", "GPT2TokenizerFast", "LlamaTokenizer", "LlamaTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend",
           "Qwen2Tokenizer", "GemmaTokenizer", "BloomTokenizerFast", "GPTNeoXTokenizerFast", "CohereTokenizer", "T5Tokenizer", "BertTokenizer",
           "CodeGenTokenizer", "Nonsense", "", None, 3, DROPPED]
TOKENIZERS = [
    *({"tokenizer_class": c} for c in CLASSES), *({k: v} for k in ("add_bos_token", "add_eos_token", "add_prefix_space", "split_special_tokens",
    "legacy", "clean_up_tokenization_spaces") for v in (True, False, None)), *({k: v} for k in ("bos_token", "eos_token", "pad_token", "unk_token")
    for v in (None, "<new>", {"content": "<new>", "lstrip": True, "__type": "AddedToken"}, "crow")),
    {"additional_special_tokens": ["<new>"]}, {"extra_special_tokens": {"x": "<new>"}}, {"extra_special_tokens": ["<new>"]},
    {"added_tokens_decoder": {"512": {"content": "<new>", "lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "special": True}}},
    {"added_tokens_decoder": {"300": {"content": "<new>", "special": True}}}, {"model_max_length": 5}, {"padding_side": "left"}, {"truncation_side": "left"},
    {"use_fast": False}, {"errors": "ignore"}, {"bos_token": DROPPED}, {"eos_token": DROPPED}, {"do_lower_case": True}, {"trim_offsets": True},
    {"add_bos_token": True, "tokenizer_class": "LlamaTokenizer"}, {"add_bos_token": True, "tokenizer_class": "GPT2Tokenizer"},
    {"add_prefix_space": True, "tokenizer_class": "GPT2Tokenizer"}, {"add_prefix_space": True, "tokenizer_class": "LlamaTokenizer"},
    {"add_eos_token": True, "tokenizer_class": "Qwen2Tokenizer"}, {"unknown_field": 1},
]


def tokenizers(family):
    family.put(family.config, family.tensors)
    path, out = family.folder + "/tokenizer_config.json", []
    base = json.load(open(specimens.CHECKPOINT + "/tokenizer_config.json"))
    for change in [{}] + TOKENIZERS + [None]:
        if change is None:
            os.remove(path)
        else:
            with open(path, "w") as file:
                json.dump({k: v for k, v in {**base, **change}.items() if v is not DROPPED}, file)
        made = dict(set=change and {k: v for k, v in change.items() if v is not DROPPED})
        made |= dict(drop=[k for k, v in change.items() if v is DROPPED]) if change and DROPPED in change.values() else {}
        try:
            tokenizer = AutoTokenizer.from_pretrained(family.folder)
            encoded = [tokenizer(text).input_ids for text in TEXTS]
            out.append(made | (dict(same=True) if out and encoded == out[0].get("encoded") else dict(encoded=encoded)))
        except FAIL as error:
            out.append(made | dict(error=f"{type(error).__name__}: {' '.join(str(error).split())}"[:110]))
    shutil.copy(specimens.CHECKPOINT + "/tokenizer_config.json", path)
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fields")
    parser.add_argument("out")
    parser.add_argument("--only")
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    listed, total = json.load(open(arguments.fields))["families"], 0
    for number, (name, fields) in enumerate(bases().items()):
        if arguments.only and name not in arguments.only.split(","):
            continue
        family = Family(name, fields, 7000 + number)
        made = dict(name=name, seed=family.seed, config=family.config, tensors=family.tensors, ids=IDS, texts=TEXTS, base=family.base,
                    config_json=family.configs(listed), tokenizer_config_json=tokenizers(family),
                    generation_config_json=generations(family) if name in ("llama", "gpt2") else [])
        with open(f"{arguments.out}/{name}.json", "w") as file:
            json.dump(made, file, separators=(",", ":"), ensure_ascii=False)
            file.write("\n")
        count = sum(len(made[k]) for k in ("config_json", "tokenizer_config_json", "generation_config_json"))
        total += count
        kinds = [next(k for k in ("same", "ids", "error", "missing") if k in m) for m in made["config_json"]]
        print(name, count, {k: kinds.count(k) for k in set(kinds)}, len(set(family.base["ids"])), flush=True)
        shutil.rmtree(family.folder)
    print(total, "mutations")


if __name__ == "__main__":
    main()
