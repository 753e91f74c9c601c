"""The tiny checkpoints as GGUF files, with the rows of queries and keys in llama.cpp's order where it keeps them so.

Usage: python goldens/make/ggufs.py goldens/checkpoints OUT_DIR
Matrices are f16 (tiny-llama, tiny-qwen3) or q8_0 (tiny-gpt2); everything else is f32. Written with gguf-py 0.19.
"""
import json, os, sys
import gguf
import numpy as np
from safetensors.numpy import load_file

F16, Q8 = gguf.GGMLQuantizationType.F16, gguf.GGMLQuantizationType.Q8_0


def vocabulary(w, folder):
    t = json.load(open(folder + "/tokenizer.json"))
    names = [n for n, _ in sorted(t["model"]["vocab"].items(), key=lambda kv: kv[1])]
    special = {a["id"] for a in t["added_tokens"]}
    w.add_tokenizer_model("gpt2"); w.add_tokenizer_pre("gpt-2"); w.add_token_list(names)
    w.add_token_types([3 if i in special else 1 for i in range(len(names))])
    w.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in t["model"]["merges"]])
    w.add_bos_token_id(0); w.add_eos_token_id(0)


def add(w, name, a, kind=None):
    if kind is None:
        w.add_tensor(name, np.ascontiguousarray(a, dtype=np.float32))
    else:
        w.add_tensor(name, gguf.quants.quantize(np.ascontiguousarray(a, dtype=np.float32), kind), raw_dtype=kind)


def paired(a, heads):
    """Halves of a head to neighbouring rows."""
    return a.reshape(heads, 2, a.shape[0] // heads // 2, *a.shape[1:]).swapaxes(1, 2).reshape(a.shape)


def gpt2(folder, path):
    c, t = json.load(open(folder + "/config.json")), load_file(folder + "/model.safetensors")
    w = gguf.GGUFWriter(path, "gpt2")
    w.add_block_count(c["n_layer"]); w.add_context_length(c["n_positions"]); w.add_embedding_length(c["n_embd"])
    w.add_feed_forward_length(4 * c["n_embd"]); w.add_head_count(c["n_head"]); w.add_layer_norm_eps(c["layer_norm_epsilon"])
    vocabulary(w, folder)
    p = "transformer."
    add(w, "token_embd.weight", t[p + "wte.weight"], Q8); add(w, "position_embd.weight", t[p + "wpe.weight"])
    for i in range(c["n_layer"]):
        for a, b in (("attn_norm", "ln_1"), ("ffn_norm", "ln_2"), ("attn_qkv", "attn.c_attn"), ("attn_output", "attn.c_proj"),
                     ("ffn_up", "mlp.c_fc"), ("ffn_down", "mlp.c_proj")):
            weight, matrix = t[f"{p}h.{i}.{b}.weight"], not a.endswith("norm")
            add(w, f"blk.{i}.{a}.weight", weight.T if matrix else weight, Q8 if matrix else None)
            add(w, f"blk.{i}.{a}.bias", t[f"{p}h.{i}.{b}.bias"])
    add(w, "output_norm.weight", t[p + "ln_f.weight"]); add(w, "output_norm.bias", t[p + "ln_f.bias"])
    return w


def llama(folder, path, arch):
    c, t = json.load(open(folder + "/config.json")), load_file(folder + "/model.safetensors")
    w = gguf.GGUFWriter(path, arch)
    w.add_block_count(c["num_hidden_layers"]); w.add_context_length(c["max_position_embeddings"]); w.add_embedding_length(c["hidden_size"])
    w.add_feed_forward_length(c["intermediate_size"]); w.add_head_count(c["num_attention_heads"]); w.add_head_count_kv(c["num_key_value_heads"])
    w.add_layer_norm_rms_eps(c["rms_norm_eps"]); w.add_rope_freq_base(c["rope_parameters"]["rope_theta"])
    w.add_key_length(c["head_dim"]); w.add_value_length(c["head_dim"])
    vocabulary(w, folder)
    add(w, "token_embd.weight", t["model.embed_tokens.weight"], F16); add(w, "output_norm.weight", t["model.norm.weight"])
    if "lm_head.weight" in t:
        add(w, "output.weight", t["lm_head.weight"], F16)
    parts = dict(attn_q="self_attn.q_proj", attn_k="self_attn.k_proj", attn_v="self_attn.v_proj", attn_output="self_attn.o_proj",
                 ffn_gate="mlp.gate_proj", ffn_up="mlp.up_proj", ffn_down="mlp.down_proj", attn_norm="input_layernorm",
                 ffn_norm="post_attention_layernorm", attn_q_norm="self_attn.q_norm", attn_k_norm="self_attn.k_norm")
    for i in range(c["num_hidden_layers"]):
        for a, b in parts.items():
            weight = t.get(f"model.layers.{i}.{b}.weight")
            if weight is None:
                continue
            if arch == "llama" and a in ("attn_q", "attn_k"):
                weight = paired(weight, c["num_attention_heads" if a == "attn_q" else "num_key_value_heads"])
            add(w, f"blk.{i}.{a}.weight", weight, F16 if weight.ndim == 2 else None)
    return w


models, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)
for name, make in (("tiny-gpt2", gpt2), ("tiny-llama", lambda f, p: llama(f, p, "llama")), ("tiny-qwen3", lambda f, p: llama(f, p, "qwen3"))):
    path = f"{out}/{name}.gguf"
    w = make(f"{models}/{name}", path)
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
    print(name, os.path.getsize(path))
