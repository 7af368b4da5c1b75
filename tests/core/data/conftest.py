"""Own cache and data folders for every test, and real image files to bring."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory, monkeypatch):
    root = tmp_path_factory.mktemp("own")
    monkeypatch.setenv("RESNET_LAB_CACHE", str(root / "cache"))
    monkeypatch.setenv("RESNET_LAB_DATA", str(root / "data"))
    monkeypatch.delenv("RESNET_LAB_DATASETS", raising=False)
    return root


@pytest.fixture
def save_image() -> Callable[..., None]:
    """Save one image of one colour (or grey level), whose first pixel carries a number."""

    def save(path: Path, number: int = 0, size=(8, 8), colour=(200, 100, 50)) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        width, height = size
        shape = (height, width) if isinstance(colour, int) else (height, width, 3)
        pixels = np.full(shape, colour, np.uint8)
        pixels[0, 0] = number
        Image.fromarray(pixels).save(path)

    return save


@pytest.fixture
def class_folders(tmp_path, save_image) -> Path:
    """Two classes of 30 images each, 8×8, in colour."""
    root = tmp_path / "pets"
    for number in range(30):
        save_image(root / "cat" / f"{number:02}.png", number, colour=(200, 100, 50))
        save_image(root / "dog" / f"{number:02}.png", number, colour=(10, 20, 30))
    return root


@pytest.fixture
def zip_folder(tmp_path) -> Callable[[Path], Path]:
    """Zip a folder, with names relative to it."""

    def zip_it(folder: Path) -> Path:
        path = tmp_path / f"{folder.name}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(folder.rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(folder).as_posix())
        return path

    return zip_it
