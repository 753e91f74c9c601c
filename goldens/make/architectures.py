"""Goldens of every architecture and of the variants that configs of real models ask for, without weights (specimens.py).

Usage: python goldens/make/architectures.py OUT_DIR [--only name,name] (transformers 5.23.0, torch 2.15.0, float32 on CPU)
OUT_DIR/NAME.json: config, tensors, seed, and for each prompt the last row of logits (every eighth, and the 16 greatest), the
log-probability of each token, a greedy text and beams. Texts that come out otherwise in float64 are left out.
"""
import argparse, gc, json, os, tempfile, traceback
import torch
from tokenizers import Tokenizer
from transformers import AutoConfig
import specimens

PROMPTS = ["Once upon a time a fox met a crow in the old forest. The crow", "안녕하세요? 오늘은",
           "greedy search takes the most probable token each time", "a"]
VOCAB = 512


def sizes(odd):
    wide, layers, heads, kv, inner = (72, 3, 6, 2, 104) if odd else (64, 2, 4, 2, 160)
    base = dict(hidden_size=wide, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=inner, max_position_embeddings=256)
    return base, dict(base, num_key_value_heads=kv)


def plain(odd):
    """Each model type in one shape."""
    base, gqa = sizes(odd)
    wide, layers, heads = base["hidden_size"], base["num_hidden_layers"], base["num_attention_heads"]
    own = dict(gqa, head_dim=16)
    old = dict(n_embd=wide, n_layer=layers, n_head=heads, n_positions=256)
    mixed = layers + layers % 2
    return {
        "gpt2": old,
        "llama": gqa,
        "mistral": dict(own, sliding_window=16),
        "qwen2": gqa,
        "qwen3": own,
        "gpt_neox": dict(base, rotary_pct=0.5 if odd else 0.25, use_parallel_residual=not odd),
        "gpt_neo": dict(hidden_size=wide, num_layers=mixed, num_heads=heads, attention_types=[[["global", "local"], mixed // 2]],
                        window_size=8, max_position_embeddings=256),
        "gptj": dict(old, rotary_dim=wide // heads // 4 * 2),
        "opt": dict(hidden_size=wide, num_hidden_layers=layers, num_attention_heads=heads, ffn_dim=base["intermediate_size"],
                    word_embed_proj_dim=wide, max_position_embeddings=256),
        "bloom": dict(hidden_size=wide, n_layer=layers, n_head=heads),
        "falcon": dict(hidden_size=wide, num_hidden_layers=layers, num_attention_heads=heads, new_decoder_architecture=False,
                       multi_query=True, parallel_attn=True, bias=False, alibi=False),
        "phi": dict(base, partial_rotary_factor=0.5),
        "phi3": dict(gqa, sliding_window=None, pad_token_id=1),
        "stablelm": dict(gqa, partial_rotary_factor=0.5, use_qkv_bias=odd),
        "starcoder2": dict(gqa, sliding_window=16),
        "gemma": own,
        "gemma2": dict(own, sliding_window=16, query_pre_attn_scalar=24, attn_logit_softcapping=50.0, final_logit_softcapping=60.0),
        "gemma3_text": dict(own, num_hidden_layers=layers * 2 + (not odd), sliding_window=16, query_pre_attn_scalar=24,
                            sliding_window_pattern=3),
        "olmo2": gqa,
        "olmo3": dict(gqa, num_hidden_layers=4, sliding_window=16),
        "granite": dict(gqa, embedding_multiplier=6.0, residual_multiplier=0.5, attention_multiplier=0.1, logits_scaling=3.0),
        "smollm3": dict(gqa, no_rope_layer_interval=2),
        "cohere": dict(gqa, logit_scale=0.25),
        "ministral": dict(own, sliding_window=16),
        "exaone4": dict(gqa, num_hidden_layers=3, sliding_window=16, sliding_window_pattern=3),
        "ernie4_5": own,
        "glm4": dict(own, partial_rotary_factor=0.5),
        "glm": dict(own, partial_rotary_factor=0.5),
        "qwen3_moe": dict(own, moe_intermediate_size=48, num_experts=8, num_experts_per_tok=3, norm_topk_prob=True),
        "mixtral": dict(gqa, num_local_experts=4, num_experts_per_tok=2, sliding_window=None),
        "gpt_oss": dict(own, sliding_window=16, num_local_experts=4, num_experts_per_tok=2),
    }


def ropes():
    yarn = dict(rope_type="yarn", factor=8.0, original_max_position_embeddings=32, rope_theta=10000.0)
    long = dict(rope_type="longrope", original_max_position_embeddings=64, rope_theta=10000.0,
                short_factor=[1.0, 1.1, 1.2, 1.3, 1.5, 1.7, 2.0, 2.3], long_factor=[1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 9.0, 12.0])
    return yarn, long


def variants():
    """Fields of real configs that change the network: name -> (model type, what differs from the plain shape)."""
    yarn, long = ropes()
    parts = {
        "falcon.new": ("falcon", dict(new_decoder_architecture=True, num_kv_heads=2)),
        "falcon.new-one-norm": ("falcon", dict(new_decoder_architecture=True, num_kv_heads=2, num_ln_in_parallel_attn=1, bias=True)),
        "falcon.rw": ("falcon", dict(alibi=True, bias=True, multi_query=False, parallel_attn=False)),
        "falcon.wide": ("falcon", dict(ffn_hidden_size=96, tie_word_embeddings=False)),
        "opt.post": ("opt", dict(do_layer_norm_before=False, word_embed_proj_dim=48)),
        "opt.bare": ("opt", dict(enable_bias=False, layer_norm_elementwise_affine=False, activation_function="gelu")),
        "opt.galactica": ("opt", dict(_remove_final_layer_norm=True, tie_word_embeddings=False)),
        "gpt_neox.serial": ("gpt_neox", dict(use_parallel_residual=False, rotary_pct=1.0)),
        "gpt_neox.tied": ("gpt_neox", dict(tie_word_embeddings=True, attention_bias=False, hidden_act="gelu_new")),
        "stablelm.2-12b": ("stablelm", dict(qk_layernorm=True, use_parallel_residual=True)),
        "stablelm.biased": ("stablelm", dict(use_qkv_bias=True, tie_word_embeddings=True, partial_rotary_factor=0.25)),
        "phi.norms": ("phi", dict(qk_layernorm=True, num_key_value_heads=2)),
        "phi3.longrope": ("phi3", dict(rope_parameters=long, original_max_position_embeddings=64)),
        "phi3.partial": ("phi3", dict(partial_rotary_factor=0.75, sliding_window=16)),
        "cohere.norms": ("cohere", dict(use_qk_norm=True)),
        "cohere.biased": ("cohere", dict(attention_bias=True)),
        "glm.biased": ("glm", dict(attention_bias=True)),
        "glm4.biased": ("glm4", dict(attention_bias=True, tie_word_embeddings=True)),
        "gemma3_text.linear": ("gemma3_text", dict(rope_parameters=dict(
            full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1000000.0),
            sliding_attention=dict(rope_type="default", rope_theta=10000.0)))),
        "llama.yarn": ("llama", dict(rope_parameters=yarn)),
        "llama.yarn-tuned": ("llama", dict(rope_parameters=dict(yarn, beta_fast=16.0, beta_slow=2.0, attention_factor=1.3))),
        "llama.yarn-mscale": ("llama", dict(rope_parameters=dict(yarn, mscale=0.7, mscale_all_dim=1.2, truncate=False))),
        "llama.longrope": ("llama", dict(rope_parameters=dict(long, factor=4.0))),
        "llama.dynamic": ("llama", dict(rope_parameters=dict(rope_type="dynamic", factor=4.0, rope_theta=10000.0))),
        "qwen2.yarn": ("qwen2", dict(rope_parameters=yarn)),
        "qwen2.longrope": ("qwen2", dict(rope_parameters=dict(long, attention_factor=1.1))),
        "qwen2.dynamic": ("qwen2", dict(rope_parameters=dict(rope_type="dynamic", factor=2.0, rope_theta=10000.0))),
        "qwen3.yarn": ("qwen3", dict(rope_parameters=yarn)),
        "starcoder2.bare": ("starcoder2", dict(use_bias=False, tie_word_embeddings=False, sliding_window=None)),
        "qwen3_moe.mixed": ("qwen3_moe", dict(num_hidden_layers=4, mlp_only_layers=[2], decoder_sparse_step=2, norm_topk_prob=False)),
        "olmo3.yarn": ("olmo3", dict(rope_parameters=dict(
            sliding_attention=dict(rope_type="default", rope_theta=10000.0), full_attention=yarn))),
        "olmo2.biased": ("olmo2", dict(attention_bias=True, tie_word_embeddings=True)),
        "granite.biased": ("granite", dict(attention_bias=True, mlp_bias=True, tie_word_embeddings=True)),
        "smollm3.sliding": ("smollm3", dict(no_rope_layers=[1, 0], use_sliding_window=True, sliding_window=16,
                                            layer_types=["sliding_attention", "full_attention"], attention_bias=True, mlp_bias=True)),
        "exaone4.full": ("exaone4", dict(sliding_window=None, layer_types=["full_attention"] * 3, tie_word_embeddings=True)),
        "ernie4_5.biased": ("ernie4_5", dict(use_bias=True, tie_word_embeddings=False)),
        "mixtral.sliding": ("mixtral", dict(sliding_window=16, head_dim=32, tie_word_embeddings=True)),
        "gpt_oss.plain-rope": ("gpt_oss", dict(rope_parameters=dict(rope_type="default", rope_theta=10000.0), attention_bias=False)),
        "bloom.post": ("bloom", dict(apply_residual_connection_post_layernorm=True)),
        "bloom.six-heads": ("bloom", dict(n_head=8, hidden_size=96)),
        "gptj.whole": ("gptj", dict(rotary_dim=16, n_inner=96, tie_word_embeddings=True)),
        "gpt_neo.wide": ("gpt_neo", dict(intermediate_size=96, activation_function="gelu", tie_word_embeddings=False)),
        "gemma2.layers": ("gemma2", dict(layer_types=["full_attention", "sliding_attention"], attention_bias=True, final_logit_softcapping=None)),
        "ministral.layers": ("ministral", dict(layer_types=["full_attention", "sliding_attention"])),
        "gpt2.wide": ("gpt2", dict(n_inner=96, scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False)),
        "mistral.layers": ("mistral", dict(sliding_window=None, tie_word_embeddings=True)),
        # As the released checkpoints have it, of which llama.cpp's files say less than a config.
        "gemma2.released": ("gemma2", dict(query_pre_attn_scalar=16)),
        "gemma3_text.released": ("gemma3_text", dict(num_hidden_layers=7, sliding_window_pattern=6, query_pre_attn_scalar=16)),
        "smollm3.released": ("smollm3", dict(num_hidden_layers=5, no_rope_layer_interval=4)),
        # Models of text and images, of which the text part is run; the second says as little as the released ones do.
        "gemma3": ("gemma3", dict(text_config=dict(hidden_size=64, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2,
                                                   head_dim=16, intermediate_size=160, max_position_embeddings=256, sliding_window=16,
                                                   query_pre_attn_scalar=24, sliding_window_pattern=3))),
        "gemma3.sparse": ("gemma3", dict(text_config=dict(hidden_size=64, num_hidden_layers=6, intermediate_size=160, sliding_window=16,
                                                          rope_scaling=dict(rope_type="linear", factor=8.0)))),
    }
    base = plain(False)
    return {name: (kind, {**base.get(kind, {}), **fields}) for name, (kind, fields) in parts.items()}


def all_specimens():
    every = {}
    for odd, suffix in ((False, ""), (True, ".odd")):
        every |= {kind + suffix: (kind, fields) for kind, fields in plain(odd).items()}
    return every | variants()


def generate(model, ids, **arguments):
    with torch.no_grad():
        out = model.generate(torch.tensor([ids]), do_sample=False, return_dict_in_generate=True, output_scores=True, **arguments)
    new = [row[len(ids):].tolist() for row in out.sequences]
    return new, (out.sequences_scores.tolist() if "num_beams" in arguments else None)


def case(models, ids, beams):
    model, again = models
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0].float()
    logprobs = logits.double().log_softmax(-1)
    top = logits[-1].topk(16)
    made = dict(ids=ids, eighths=specimens.rounded(logits[-1][::8]), top=top.indices.tolist(), logits=specimens.rounded(top.values),
                logprobs=specimens.rounded(logprobs[t, ids[t + 1]] for t in range(len(ids) - 1)))
    for name, arguments in (("greedy", dict(max_new_tokens=24)),
                            ("beams", dict(max_new_tokens=16, num_beams=beams, num_return_sequences=2, no_repeat_ngram_size=3))):
        new, scores = generate(model, ids, **arguments)
        if generate(again, ids, **arguments)[0] == new:
            made[name] = dict(generate=arguments, new_ids=new, **(dict(scores=specimens.rounded(scores)) if scores else {}))
        else:
            print("    unstable:", name)
    return made


def described(kind, fields):
    """Names and shapes of the tensors of a model, and its config.json."""
    fields = {"vocab_size": VOCAB, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 1, **fields}
    if "text_config" not in fields:
        return specimens.tensors_of(AutoConfig.for_model(kind, **fields))
    text = {**fields, **fields["text_config"]}
    del text["text_config"]
    vision = dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14)
    config = AutoConfig.for_model(kind, text_config=dict(text), vision_config=vision, mm_tokens_per_image=4)
    tensors, written = specimens.tensors_of(config)
    # As earlier versions wrote it: what was not given is not there.
    return tensors, dict(written, text_config=dict(text, model_type=kind + "_text"))


def specimen(name, kind, fields, seed):
    tensors, written = described(kind, fields)
    with tempfile.TemporaryDirectory() as folder:
        specimens.write(folder, written, tensors, seed)
        models = [specimens.load(folder, dtype) for dtype in (torch.float32, torch.float64)]
    tokenizer = Tokenizer.from_file(specimens.CHECKPOINT + "/tokenizer.json")
    # Within the context of the short factors: beyond it the frequencies depend on how the prompt is cut.
    cases = [case(models, tokenizer.encode(prompt).ids, 2 + 2 * (i % 2)) for i, prompt in enumerate(PROMPTS)]
    return dict(name=name, seed=seed, config=written, tensors=tensors, cases=cases)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--only")
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    for seed, (name, (kind, fields)) in enumerate(all_specimens().items()):
        if arguments.only and name not in arguments.only.split(","):
            continue
        try:
            made = specimen(name, kind, fields, 3000 + seed)
        except Exception as error:
            print(name, "FAILED", type(error).__name__, str(error)[:400], flush=True)
            traceback.print_exc(limit=-3)
            continue
        with open(f"{arguments.out}/{name}.json", "w") as file:
            json.dump(made, file, separators=(",", ":"))
            file.write("\n")
        text = made["cases"][0].get("greedy", {}).get("new_ids", [[]])[0]
        print(name, sum(map(len, made["tensors"])), "distinct:", len(set(text)), "of", len(text), flush=True)
        gc.collect()


if __name__ == "__main__":
    main()
