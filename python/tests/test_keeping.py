"""Results that are kept, shown and run again."""

import json
import xml.dom.minidom

import pytest

import beamline


def test_a_completion_is_saved_and_run_again(engine, tmp_path):
    completion = engine.generate(["Once <b>", "옛날"], do_sample=True, seed=4, max_new_tokens=6, num_return_sequences=2)
    for name in ("run.json", "run.html"):
        completion.save(tmp_path / name)
        verdict = engine.replay(tmp_path / name)
        assert verdict == beamline.Verdict(same=True, tokens=24, difference=None)
        assert beamline.load(tmp_path / name) == completion.bundle()
    changed = completion.bundle()
    changed["sequences"][0]["logprobs"][0] -= 1e-12
    (tmp_path / "changed.json").write_text(json.dumps(changed))
    verdict = engine.replay(tmp_path / "changed.json")
    assert not verdict.same
    assert verdict.difference
    assert sorted(path.name for path in tmp_path.iterdir()) == ["changed.json", "run.html", "run.json"]


def test_the_command_runs_it_again(engine, command, tmp_path):
    engine.generate("Once", num_beams=3, max_new_tokens=6).save(tmp_path / "run.html")
    assert command("replay", str(tmp_path / "run.html"))["same"]


def test_what_cannot_be_run_again_says_so(engine, tmp_path):
    own = engine.generate("Once", max_new_tokens=2, processors=[lambda tokens, scores: scores])
    timed = engine.generate("Once", max_new_tokens=2, max_time=60.0)
    for completion in (own, timed):
        for name in ("run.json", "run.html"):
            with pytest.raises(ValueError, match="cannot be run again"):
                completion.save(tmp_path / name)
        assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match=r"saved as .json or .html"):
        timed.save(tmp_path / "run.txt")
    other = beamline.Engine(dtype="f32")
    with pytest.raises(ValueError, match="opened with|another model|made with"):
        other.replay(engine.generate("Once", max_new_tokens=2))


def test_pages_are_html_of_their_own(engine):
    prompt = "<script>alert(1)</script> & 안녕\n"
    results = [
        engine.generate([prompt, "Once"], num_beams=2, max_new_tokens=4),
        engine.score(prompt),
        engine.inspect(prompt, steps=2, top=3, do_sample=True, seed=1, top_k=2),
        engine.compare(prompt, ["greedy"], max_new_tokens=3),
        beamline.explain("top_p"),
    ]
    for result in results:
        html = result._repr_html_()
        assert "<script" not in html
        assert "http" not in html
        xml.dom.minidom.parseString(f"<div>{html.replace('&nbsp;', ' ')}</div>")


def test_pages_name_what_there_is():
    assert "top_p" in beamline.topics()
    with pytest.raises(ValueError, match="did you mean"):
        beamline.explain("top_pp")
    assert "unstable sort" in str(beamline.explain("top_p"))
    assert {"temperature", "num_beams"} <= {option["name"] for option in beamline.options()}


KINDS = {
    "next": {"top": 5},
    "heat": {"run": ["do_sample=true,top_k=3"]},
    "temperature": {"temperatures": [0.5, 2.0]},
    "histogram": {},
    "cumulative": {"top_k": 20},
    "beams": {"num_beams": 2, "max_new_tokens": 3},
    "surprisal": {"bits": True, "max_new_tokens": 3},
    "embeddings": {},
    "attention": {"layer": 1, "head": 0},
    "compare": {"run": ["greedy", "beams"], "max_new_tokens": 3},
    "sweep": {"over": "top_p", "values": [0.5, 0.9], "seeds": 2, "max_new_tokens": 3},
}


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_drawn(engine, tmp_path, kind):
    figure = engine.plot(kind, "Once upon 안녕", **KINDS[kind])
    xml.dom.minidom.parseString(figure.svg())
    assert figure.data
    assert figure.csv().count("\n") > 1
    figure.save(tmp_path / "picture.html")
    figure.save(tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").read_text() == figure._repr_svg_()


def test_pictures_that_cannot_be_are_refused(engine, tmp_path):
    for asked, says in (
        ({"kind": "nxt"}, "there is no plot"),
        ({"kind": "next", "layer": 1}, "layer belongs to plot attention"),
        ({"kind": "attention", "layer": 99}, "layer"),
        ({"kind": "next", "width": 10}, "width must be in"),
        ({"kind": "histogram", "top_k": 3}, "no effect"),
    ):
        with pytest.raises(ValueError, match=says):
            engine.plot(prompt="Once", **asked)
    figure = engine.plot("next", "Once", dark=True)
    assert figure.png().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="a picture ends in"):
        figure.save(tmp_path / "picture.jpg")
