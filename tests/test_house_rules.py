"""What every module promises, whoever adds the next one."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = [
    ROOT / "app.py",
    *sorted((ROOT / "resnet_core").rglob("*.py")),
    *sorted((ROOT / "pages").rglob("*.py")),
]

WITHOUT_TORCH = [
    "pages.ui",
    "resnet_core.cli",
    "resnet_core.errors",
    "resnet_core.execute.client",
    "resnet_core.execute.lab",
    "resnet_core.seeding",
    "resnet_core.specs",
    "resnet_core.store",
    "resnet_core.studies",
]
"""What never imports PyTorch, packages with every module in them: a page's first paint would wait
four seconds for it, and the lab would fork a process that has threads."""

HEAVY = ("torch", "torchvision", "sklearn", "captum")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


every_module = pytest.mark.parametrize("path", MODULES, ids=name)


@every_module
def test_every_module_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert docstring.splitlines()[0].rstrip().endswith((".", "?", ":", '"', "!"))


@every_module
def test_nothing_is_printed(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert "print" not in [call.id for call in called if isinstance(call, ast.Name)]


@every_module
def test_every_error_raised_on_purpose_is_of_the_tree_or_an_idiom(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc]
    bare = ("Exception", "BaseException", "RuntimeError")
    names = [getattr(getattr(error, "func", error), "id", "") for error in raised]
    assert [found for found in names if found in bare] == []


def test_no_two_files_differ_in_case_only() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    if not listed:
        pytest.skip("not a git checkout")
    counts = Counter(path.casefold() for path in listed)
    assert [path for path, count in counts.items() if count > 1] == []


def test_no_package_stands_beside_a_module_of_its_name() -> None:
    clashes = [name(path) for path in MODULES if path.with_suffix("").is_dir()]
    assert clashes == []


def test_no_page_has_the_name_of_a_module_of_python() -> None:
    # Streamlit runs a page with its folder on the path, so it would hide Python's own.
    pages = {path.stem for path in (ROOT / "pages").glob("*.py")} - {"__init__"}
    assert pages & set(sys.stdlib_module_names) == set()


def torch_free() -> list[str]:
    return [
        found
        for found in map(module, MODULES)
        if any(found == promised or found.startswith(f"{promised}.") for promised in WITHOUT_TORCH)
    ]


def test_what_promises_to_do_without_pytorch_never_imports_it() -> None:
    modules = torch_free()
    assert "pages.ui.controls" in modules
    assert "resnet_core.execute.lab" in modules
    code = f"""
import importlib, sys
guilty = {{}}
for name in {modules!r}:
    importlib.import_module(name)
    for heavy in {HEAVY!r}:
        if heavy in sys.modules:
            guilty.setdefault(heavy, name)
sys.exit(str(guilty) if guilty else 0)
"""
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr


def test_what_the_app_imports_before_it_serves_is_without_pytorch() -> None:
    tree = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    imports = [
        ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    code = "\n".join([*imports, "import sys", "sys.exit('torch' in sys.modules)"])
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
