"""What mkdocs needs to build the site from pages that are also read in the repository.

A page of ``docs/`` may link any file of the repository, as on a forge. Those files become part of the site, below
``repository/``, and links lead there; so every link is checked, and none needs a network.
"""

import os
import posixpath
import re
from pathlib import Path

from markdown import Markdown
from markdown.extensions import Extension
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

ROOT = Path(__file__).parents[1]
ELSEWHERE = "repository/"
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)")


class _Lists(Extension):
    """Lines of a list are indented by three characters, as CommonMark has it, and not by four."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name is Markdown's
        md.tab_length = 3
        md.build_parser()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Name headings in links as forges do."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = slugify(case="lower")
    # The first, because it makes the parser anew that the others change.
    extensions: list[Extension | str] = [_Lists(), *config.markdown_extensions]
    config["markdown_extensions"] = extensions
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files that pages link, and those that these link."""
    waiting = [_repository_path(file.src_uri) for file in files.documentation_pages()]
    while waiting:
        path = waiting.pop()
        for link in _LINK.findall((ROOT / path).read_text()) if path.endswith(".md") else ():
            target = _target(path, link)
            if not target.startswith("docs/") and files.get_file_from_path(ELSEWHERE + target) is None:
                files.append(File.generated(config, ELSEWHERE + target, abs_src_path=str(ROOT / target)))
                waiting.append(target)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn the links of a page, which are those of the repository, into those of the site."""
    path = _repository_path(page.file.src_uri)
    here = posixpath.dirname(page.file.src_uri)
    return _LINK.sub(lambda link: posixpath.relpath(_site_path(_target(path, link[1])), here or "."), markdown)


def _repository_path(uri: str) -> str:
    return uri.removeprefix(ELSEWHERE) if uri.startswith(ELSEWHERE) else f"docs/{uri}"


def _site_path(path: str) -> str:
    return path.removeprefix("docs/") if path.startswith("docs/") else ELSEWHERE + path


def _target(path: str, link: str) -> str:
    """Return the path of the file that a link names; of a folder its README."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
    return f"{target}/README.md" if os.path.isdir(ROOT / target) else target
