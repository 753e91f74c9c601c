"""Small checkpoints, each with other values of the config fields that change the logits, and what transformers makes of them.

Usage: python goldens/make/variants.py OUT_DIR EXPECTED.json
Writes OUT_DIR/NAME/{config.json,model.safetensors} (or shards with an index) and EXPECTED.json: for each, the
logits of the last position after IDS, and the sum of all positions' greatest logits. Taken with transformers 5.23.0 in
float32 on CPU.
"""
import json, os, sys
import torch
from transformers import (GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM,
                          Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM)

V = 48
IDS = [(i * 7 + i * i * 3) % V for i in range(40)]


def gpt2(**k):
    return GPT2LMHeadModel(GPT2Config(vocab_size=V, n_positions=64, n_embd=32, n_layer=2, n_head=4, **k))


def like_llama(cls, config, **k):
    base = dict(vocab_size=V, hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4,
                num_key_value_heads=2, max_position_embeddings=64)
    return cls(config(**{**base, **k}))


VARIANTS = {
    "gpt2-inner": lambda: gpt2(n_inner=40),
    "gpt2-relu": lambda: gpt2(activation_function="relu"),
    "gpt2-gelu": lambda: gpt2(activation_function="gelu"),
    "gpt2-silu-eps": lambda: gpt2(activation_function="silu", layer_norm_epsilon=0.5),
    "gpt2-quick": lambda: gpt2(activation_function="quick_gelu"),
    "gpt2-unscaled": lambda: gpt2(scale_attn_weights=False),
    "gpt2-by-layer": lambda: gpt2(scale_attn_by_inverse_layer_idx=True),
    "gpt2-untied": lambda: gpt2(tie_word_embeddings=False),
    "gpt2-bare": lambda: gpt2(),
    "llama-linear": lambda: like_llama(LlamaForCausalLM, LlamaConfig, rope_parameters=dict(rope_type="linear", factor=4.0, rope_theta=500.0)),
    "llama-llama3": lambda: like_llama(LlamaForCausalLM, LlamaConfig, head_dim=32, rope_parameters=dict(
        rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32, rope_theta=1000.0)),
    "llama-biases": lambda: like_llama(LlamaForCausalLM, LlamaConfig, attention_bias=True, mlp_bias=True, hidden_act="gelu"),
    "llama-tied": lambda: like_llama(LlamaForCausalLM, LlamaConfig, tie_word_embeddings=True, rms_norm_eps=0.1),
    "llama-sharded": lambda: like_llama(LlamaForCausalLM, LlamaConfig),
    "llama-bf16": lambda: like_llama(LlamaForCausalLM, LlamaConfig),
    "mistral-head": lambda: like_llama(MistralForCausalLM, MistralConfig, head_dim=10, sliding_window=5),
    "mistral-wide": lambda: like_llama(MistralForCausalLM, MistralConfig, sliding_window=None),
    "qwen2-sliding": lambda: like_llama(Qwen2ForCausalLM, Qwen2Config, use_sliding_window=True, sliding_window=6, max_window_layers=1),
    "qwen3-bias": lambda: like_llama(Qwen3ForCausalLM, Qwen3Config, head_dim=12, attention_bias=True),
}

out, target, expect = sys.argv[1], sys.argv[2], {}
for number, (name, make) in enumerate(VARIANTS.items()):
    torch.manual_seed(number)
    m = make().eval()
    with torch.no_grad():
        for n, p in m.named_parameters():
            p.copy_((1 if p.ndim == 1 and "weight" in n else 0) + 0.4 * torch.randn_like(p))
    if name == "llama-bf16":
        m = m.to(torch.bfloat16)
    folder = os.path.join(out, name)
    m.save_pretrained(folder, max_shard_size="20KB" if name == "llama-sharded" else "1GB")
    if name == "gpt2-bare":
        from safetensors.torch import load_file, save_file
        path = folder + "/model.safetensors"
        save_file({k.removeprefix("transformer."): v.contiguous() for k, v in load_file(path).items()}, path)
    os.remove(folder + "/generation_config.json")
    m = type(m).from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        logits = m(torch.tensor([IDS])).logits[0]
    expect[name] = dict(last_logits=[round(x, 5) for x in logits[-1].tolist()], greatest=round(logits.max(-1).values.sum().item(), 4))
    print(name, sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder)))
json.dump(dict(ids=IDS, expect=expect), open(target, "w"), indent=0)
