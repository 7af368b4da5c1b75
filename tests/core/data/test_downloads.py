import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from resnet_core.data import downloads
from resnet_core.data.downloads import RawFile, raw_files, raw_folder
from resnet_core.errors import DataError

CONTENT = b"pictures" * 100_000
MD5 = hashlib.md5(CONTENT).hexdigest()
NOWHERE = "http://127.0.0.1:9/file.gz"


def wanted(url=NOWHERE, **changes):
    return RawFile(**{"name": "file.gz", "md5": MD5, "urls": (url,), **changes})


@pytest.fixture(autouse=True)
def no_network(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "SYSTEM_FOLDER", tmp_path / "system")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server():
    """A web server that gives CONTENT for every path but /damaged."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = b"something else" if self.path == "/damaged" else CONTENT
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    asked = []
    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.asked, web.url = asked, f"http://127.0.0.1:{web.server_port}"
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield web
    web.shutdown()
    thread.join()
    web.server_close()


def place(folder, content=CONTENT):
    folder.mkdir(parents=True)
    (folder / "file.gz").write_bytes(content)
    return folder / "file.gz"


def found(file, **options):
    with raw_files("mnist", [file], None, **options) as paths:
        return paths["file.gz"]


def test_a_file_in_the_cache_folder_is_found():
    path = place(raw_folder("mnist"))
    assert found(wanted()) == path


@pytest.mark.parametrize("folder", ["", "mnist", "MNIST/raw"])
def test_a_file_in_the_folder_that_the_environment_names_is_found(tmp_path, monkeypatch, folder):
    monkeypatch.setenv("RESNET_LAB_DATASETS", str(tmp_path / "own"))
    path = place(tmp_path / "own" / folder)
    assert found(wanted(), also="MNIST/raw") == path


def test_a_file_of_the_system_is_found(tmp_path):
    path = place(tmp_path / "system" / "mnist")
    assert found(wanted()) == path


def test_a_file_packed_anew_will_do_only_in_a_folder_of_the_data_sets_name(tmp_path):
    path = place(tmp_path / "system" / "mnist", b"packed anew")
    assert found(wanted(repacked=True)) == path
    with pytest.raises(DataError):
        found(wanted())
    path.rename(tmp_path / "system" / "file.gz")
    with pytest.raises(DataError):
        found(wanted(repacked=True))


def test_what_is_nowhere_is_downloaded_once(server):
    path = found(wanted(f"{server.url}/file.gz"))
    assert path == raw_folder("mnist") / "file.gz"
    assert path.read_bytes() == CONTENT
    assert found(wanted(f"{server.url}/file.gz")) == path
    assert server.asked == ["/file.gz"]


def test_a_download_reports_bytes_of_all_files(server):
    reports = []
    second = wanted(f"{server.url}/b", name="second.gz")
    with raw_files(
        "mnist", [wanted(f"{server.url}/a"), second], lambda *report: reports.append(report)
    ):
        pass
    labels, done, totals = zip(*reports, strict=True)
    assert set(labels) == {"MNIST"}
    assert list(done) == sorted(done)
    assert done[-1] == 2 * len(CONTENT)
    assert set(totals) == {11_600_000}


def test_the_next_mirror_is_asked_when_one_fails(server):
    file = wanted(urls=(NOWHERE, f"{server.url}/damaged", f"{server.url}/good"))
    assert found(file).read_bytes() == CONTENT
    assert server.asked == ["/damaged", "/good"]


def test_a_file_with_another_content_is_refused(server):
    with pytest.raises(DataError, match="another file than expected"):
        found(wanted(f"{server.url}/damaged"))
    assert not (raw_folder("mnist") / "file.gz").exists()


def test_without_a_network_the_sentence_says_what_to_do():
    with pytest.raises(DataError) as caught:
        found(wanted())
    sentence = str(caught.value)
    assert "MNIST was asked for" in sentence
    assert "127.0.0.1: ConnectionError" in sentence
    assert f"put that file into {raw_folder('mnist')}" in sentence
    assert "choose Digits 8×8, which needs no download" in sentence


def test_a_download_needs_no_cache_folder(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("RESNET_LAB_CACHE", str(tmp_path / "file" / "cache"))
    with raw_files("mnist", [wanted(f"{server.url}/file.gz")], None) as paths:
        assert paths["file.gz"].read_bytes() == CONTENT
    assert not paths["file.gz"].exists()
