"""Every field of the config classes of the families that beamline runs, so that a test can hold beamline's own lists whole.

Usage: python goldens/make/fields.py goldens/expected/fields.json (no torch needed)
For each `model_type`: `fields`, those of the class with the defaults; `names`, other names of fields (transformers' attribute_map);
`older`, keys that the class takes from its keyword arguments: spellings of earlier versions; `made`, what a finished config has
beside; `asked`, what the network's own source asks the config for though no class has it. The family `*` has the fields that
every class inherits.
"""
import dataclasses, inspect, json, pathlib, re, sys
import transformers
from transformers import PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

FAMILIES = """gpt2 llama mistral qwen2 qwen3 gemma gemma2 gemma3_text gpt_neox gptj gpt_neo opt bloom falcon phi phi3 stablelm
starcoder2 smollm3 granite olmo2 olmo3 ministral exaone4 ernie4_5 glm4 glm cohere qwen3_moe mixtral gpt_oss""".split()


def plain(value):
    """A default, where JSON can say it."""
    try:
        json.dumps(value)
        return value
    except TypeError:
        return str(value)


def default(field):
    if field.default is not dataclasses.MISSING:
        return plain(field.default)
    return plain(field.default_factory()) if field.default_factory is not dataclasses.MISSING else None


def older(cls):
    """Keys that a class or one of its parents takes from its keyword arguments."""
    found = set()
    for parent in cls.__mro__:
        if parent.__module__.startswith("transformers"):
            source = inspect.getsource(parent)
            found |= set(re.findall(r"kwargs\.(?:pop|get|setdefault)\(\s*[\"'](\w+)[\"']", source))
            found |= set(re.findall(r"[\"'](\w+)[\"'] in kwargs", source))
    return found


def asked(cls):
    """Attributes of the config that the source of the network reads."""
    path = pathlib.Path(inspect.getfile(cls))
    source = path.with_name(path.name.replace("configuration_", "modeling_")).read_text()
    found = re.findall(r"""\bconfig\.([a-z]\w+)|getattr\((?:self\.)?config, ["'](\w+)["']""", source)
    return {a or b for a, b in found} - {"get_text_config", "to_dict"}


def main(out):
    common = {field.name: default(field) for field in dataclasses.fields(PreTrainedConfig)}
    base = older(PreTrainedConfig)
    families = {"*": dict(fields=common, names={}, older=sorted(base))}
    for family in FAMILIES:
        cls = CONFIG_MAPPING[family]
        own = {f.name: default(f) for f in dataclasses.fields(cls) if f.name not in common or default(f) != common[f.name]}
        # What the finished config has beside: made of other fields, yet read where a file has it.
        made = sorted(set(cls().to_dict()) - set(own) - set(common) - {"model_type", "_name_or_path"})
        known = set(own) | set(common) | set(cls.attribute_map) | base | older(cls) | set(made)
        families[family] = dict(fields=own, names=dict(cls.attribute_map), older=sorted(older(cls) - base), made=made,
                                asked=sorted(asked(cls) - known))
    json.dump(dict(transformers=transformers.__version__, families=families), open(out, "w"), indent=0)
    print(sum(len(f["fields"]) for f in families.values()), "fields of", len(FAMILIES), "families")


main(sys.argv[1])
