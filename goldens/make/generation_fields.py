"""The fields of transformers' GenerationConfig, by name: those that it sets and those that it takes out of what it is given. Usage: python goldens/make/generation_fields.py OUT.json"""
import inspect, json, re, sys
import transformers
from transformers import GenerationConfig

taken = re.findall(r'kwargs\.pop\("(\w+)"', inspect.getsource(GenerationConfig.__init__))
fields = sorted(set(taken) | set(GenerationConfig().__dict__) | set(GenerationConfig._get_default_generation_params()))
json.dump(fields, open(sys.argv[1], "w"), indent=0)
print(transformers.__version__, len(fields))
