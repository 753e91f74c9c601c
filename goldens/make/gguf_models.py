"""Goldens on real GGUF models, dequantised to float32 by transformers.

Usage: python goldens/make/gguf_models.py FILE.gguf OUT.json
For each prompt, in six languages: its tokens, the log-probability of each given those before it, and the five best next
tokens with theirs.
"""
import json, os, sys
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_num_threads(2)
PROMPTS = [
    "The capital of France is", "Once upon a time, in a village by the sea,", "def fibonacci(n):\n    if n < 2:", "1, 2, 3, 5, 8, 13,",
    "대한민국의 수도는", "옛날 옛적에 호랑이가 담배를 피우던 시절에", "오늘 날씨가 좋아서", "감사합니다. 다음에 또",
    "日本の首都は", "昔々あるところに、おじいさんと", "私は毎朝、", "今天天气很好，", "中国的首都是", "从前有一个",
    "La capitale de la France est", "Il était une fois une princesse qui", "Die Hauptstadt von Deutschland ist", "Es war einmal ein König,",
    "🙂 Emoji and ünïcödé:", "  Two spaces, a tab\tand a\nnew line",
]
path, out = sys.argv[1:3]
folder, file = os.path.split(path)
tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
cases = []
for prompt in PROMPTS:
    ids = tokenizer(prompt, return_tensors="pt").input_ids
    with torch.no_grad():
        logprobs = model(ids).logits[0].float().log_softmax(-1)
    best = logprobs[-1].topk(5)
    each = [logprobs[t, ids[0, t + 1]].item() for t in range(ids.shape[1] - 1)]
    cases.append(dict(prompt=prompt, ids=ids[0].tolist(), token_logprobs=[round(x, 6) for x in each],
                      top_ids=best.indices.tolist(), top_logprobs=[round(x, 6) for x in best.values.tolist()]))
with open(out, "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n")
