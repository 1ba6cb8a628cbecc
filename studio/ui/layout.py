"""The look of the app: neutral greys, system fonts, no request to any other server."""

from __future__ import annotations

import gradio as gr

TITLE = "ReSWD Studio"
INTRO = (
    '<div class="intro"><h1>ReSWD Studio</h1>'
    "<p>Give a photograph the colours of another one, or have a model paint in them.</p></div>"
)

_FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]


def theme() -> gr.themes.Base:
    """The theme of the page. Its greys have no tint: a coloured page changes how the colours on it look."""
    return _base().set(
        body_background_fill="#e4e4e4",
        body_background_fill_dark="#1f1f1f",
        body_text_color="#1d1d1d",
        body_text_color_dark="#e2e2e2",
        body_text_color_subdued="#565656",
        body_text_color_subdued_dark="#a8a8a8",
        background_fill_primary="#f4f4f4",
        background_fill_primary_dark="#2a2a2a",
        background_fill_secondary="#ebebeb",
        background_fill_secondary_dark="#252525",
        block_background_fill="#efefef",
        block_background_fill_dark="#2a2a2a",
        block_border_color="#d2d2d2",
        block_border_color_dark="#3a3a3a",
        block_label_background_fill="#efefef",
        block_label_background_fill_dark="#2a2a2a",
        block_label_text_color="#3a3a3a",
        block_label_text_color_dark="#c8c8c8",
        block_title_text_color="#2a2a2a",
        block_title_text_color_dark="#d6d6d6",
        block_title_text_weight="500",
        input_background_fill="#fafafa",
        input_background_fill_dark="#1f1f1f",
        button_primary_background_fill="#262626",
        button_primary_background_fill_hover="#3c3c3c",
        button_primary_background_fill_dark="#e2e2e2",
        button_primary_background_fill_hover_dark="#ffffff",
        button_primary_text_color="#ffffff",
        button_primary_text_color_hover="#ffffff",
        button_primary_text_color_dark="#1b1b1b",
        button_primary_text_color_hover_dark="#1b1b1b",
        button_secondary_background_fill="#dedede",
        button_secondary_background_fill_hover="#d0d0d0",
        button_secondary_background_fill_dark="#3a3a3a",
        button_secondary_background_fill_hover_dark="#484848",
        slider_color="#4a4a4a",
        slider_color_dark="#b8b8b8",
        checkbox_background_color_selected="#262626",
        checkbox_background_color_selected_dark="#b8b8b8",
        checkbox_label_background_fill_selected="#d4d4d4",
        checkbox_label_background_fill_selected_dark="#454545",
        checkbox_label_text_color_selected="#1d1d1d",
        checkbox_label_text_color_selected_dark="#f0f0f0",
    )


def _base() -> gr.themes.Base:
    """Shapes, fonts and greys; :func:`theme` says where each grey goes."""
    grey = gr.themes.Color(
        c50="#f7f7f7",
        c100="#ededed",
        c200="#dfdfdf",
        c300="#c8c8c8",
        c400="#a0a0a0",
        c500="#777777",
        c600="#5a5a5a",
        c700="#444444",
        c800="#303030",
        c900="#242424",
        c950="#1b1b1b",
        name="plain",
    )
    return gr.themes.Base(
        primary_hue=grey,
        secondary_hue=grey,
        neutral_hue=grey,
        font=_FONT,
        font_mono=_MONO,
        radius_size=gr.themes.sizes.radius_sm,
        spacing_size=gr.themes.sizes.spacing_md,
    )


HEAD = """<script>
// The places for pictures refuse whatever the browser does not call image/...: camera raw files, often HEIC. Let every
// file through to the server, which reads many of them and says of the others what to do.
(() => {
  const place = (event) => event.target.closest?.('#source, #reference, #guide-reference');
  const pictures = (files) => {
    const all = new DataTransfer();
    for (const file of files) {
      const known = file.type.startsWith('image/');
      all.items.add(known ? file : new File([file], file.name, {type: 'image/unknown'}));
    }
    return all;
  };
  addEventListener('click', (event) => {
    if (event.target.type === 'file' && place(event)) event.target.removeAttribute('accept');
  }, true);
  addEventListener('change', (event) => {
    if (event.target.type === 'file' && place(event)) event.target.files = pictures(event.target.files).files;
  }, true);
  // A chosen folder: Gradio keeps of every path the last part only, so the path travels in the name.
  addEventListener('change', (event) => {
    if (event.target.type !== 'file' || !event.target.closest?.('#batch-folder')) return;
    const all = new DataTransfer();
    for (const file of event.target.files) {
      const path = file.webkitRelativePath.split('/').slice(1).join('\u2215') || file.name;
      all.items.add(new File([file], path, {type: file.type, lastModified: file.lastModified}));
    }
    event.target.files = all.files;
  }, true);
  // A dropped folder: the same, by way of the place's own input.
  const walk = async (entry, path, all) => {
    if (entry.isFile) {
      const file = await new Promise((done, fail) => entry.file(done, fail));
      all.items.add(new File([file], [...path, entry.name].join('\u2215'), {type: file.type, lastModified: file.lastModified}));
      return;
    }
    await walkAll(entry, [...path, entry.name], all);
  };
  const walkAll = async (folder, path, all) => {
    const reader = folder.createReader();
    for (;;) {  // a reader hands out a hundred at a time
      const some = await new Promise((done, fail) => reader.readEntries(done, fail));
      if (!some.length) return;
      for (const one of some) await walk(one, path, all);
    }
  };
  addEventListener('drop', async (event) => {
    const place = event.target.closest?.('#batch-folder');
    const entries = place ? [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean) : [];
    const input = place?.querySelector('input[type=file]');
    if (!input || !entries.some((entry) => entry.isDirectory)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    event.target.dispatchEvent(new DragEvent('dragleave', {bubbles: true}));
    const all = new DataTransfer();
    if (entries.length === 1) await walkAll(entries[0], [], all);  // as with a chosen folder, without its own name
    else for (const entry of entries) await walk(entry, [], all);
    input.files = all.files;
    input.dispatchEvent(new Event('change', {bubbles: true}));
  }, true);
  addEventListener('drop', (event) => {
    if (event.dataTransfer?.files.length && place(event))
      Object.defineProperty(event, 'dataTransfer', {value: pictures(event.dataTransfer.files)});
  }, true);
})();
</script>"""

CSS = """
.gradio-container { max-width: 1560px !important; padding-top: 12px !important; }
.html-container { padding: 0 !important; }
.block:has(> .html-container > .prose:empty) { display: none; }
.intro { display: flex; align-items: baseline; gap: 14px; flex-wrap: wrap; }
.intro h1 { font-size: 19px; font-weight: 600; margin: 0 !important; letter-spacing: .01em; }
.intro p { margin: 0 !important; color: var(--body-text-color-subdued); }
.faint, .faint p { color: var(--body-text-color-subdued); }
button.lg, button.sm { font-weight: 500 !important; font-size: 15px !important; }
button.sm { font-size: 13px !important; }
.message { margin: 0 !important; padding: 8px 12px; border-left: 3px solid #9a9a9a;
  background: var(--background-fill-primary); color: var(--body-text-color) !important; overflow-wrap: anywhere; }
.about { margin: -8px 0 0 !important; font-size: 12px !important; line-height: 1.4;
  color: var(--body-text-color-subdued) !important; overflow-wrap: anywhere; }
.about b { font-weight: 600; color: var(--body-text-color); display: block; }
#kind, .aim { padding: 8px 12px !important; }
#kind label, .aim label, #cube-size label { padding: 4px 10px; }
#kind .wrap, .aim .wrap { gap: 8px; }
#source .wrap, #reference .wrap, #grade .wrap { font-size: 14px !important; line-height: 1.35; }
.empty { display: flex; flex-direction: column; gap: 6px; align-items: center; justify-content: center; text-align: center;
  height: 440px; padding: 24px; border: 1px dashed var(--border-color-primary); border-radius: 4px;
  background: var(--block-background-fill); color: var(--body-text-color-subdued); }
.empty span { color: var(--body-text-color-subdued); }
.empty b { color: var(--body-text-color); font-weight: 600; font-size: 16px; }
.metrics { display: flex; flex-direction: column; gap: 2px; }
.metrics .label { font-weight: 500; }
.metrics .figures { font-variant-numeric: tabular-nums; }
.metrics .before { color: var(--body-text-color-subdued); }
.metrics .faint { font-size: 13px; }
table.cdl { border-collapse: collapse !important; border: none !important; font-variant-numeric: tabular-nums; width: 100%;
  max-width: 420px; margin: 0 !important; }
table.cdl tr, table.cdl th, table.cdl td { border: none !important; background: none !important; color: inherit !important; }
table.cdl th, table.cdl td { padding: 5px 0 5px 10px !important; text-align: right !important; font-size: 14px;
  border-bottom: 1px solid var(--border-color-primary) !important; }
table.cdl th:first-child { text-align: left !important; padding-left: 0 !important; }
table.cdl th { font-weight: 500 !important; }
.notes { font-size: 14px; }
.notes ul { margin: 4px 0 0 18px; padding: 0; list-style: disc; }
.notes li { overflow-wrap: anywhere; margin: 0; }
.swatches { display: flex; height: 44px; border-radius: 4px; overflow: hidden; }
.section h2 { font-size: 15px !important; font-weight: 600 !important; margin: 8px 0 0 !important; }
.section p { margin: 2px 0 0 !important; color: var(--body-text-color-subdued); font-size: 14px; }
.downloads { gap: 8px !important; }
.downloads button { white-space: nowrap; padding-left: 8px !important; padding-right: 8px !important; }
#source-mask .icon-wrap, #reference-mask .icon-wrap, #grade .icon-wrap { display: none; }
#examples .grid-wrap, #compared .grid-wrap { max-height: none !important; min-height: 0 !important; height: auto !important; }
#examples .thumbnail-lg { aspect-ratio: 470 / 200; }
#examples img { object-position: top; height: calc(100% - 0px); }
#examples .caption-label, #compared .caption-label { left: 0 !important; right: 0 !important; bottom: 0 !important;
  max-width: none !important; width: 100%; border: none; border-radius: 0; text-align: left; font-size: 12px; opacity: 1; }
#compared .grid-container { grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)) !important; }
#compared .thumbnail-lg { aspect-ratio: 4 / 3; }
#compared .caption-label { white-space: normal; }
.painted img { width: 100% !important; height: 100% !important; object-fit: contain; }
.so-far { height: 440px; border: 1px solid var(--border-color-primary); border-radius: 4px; overflow: hidden;
  background: var(--block-background-fill); }
.so-far img { width: 100% !important; height: 100% !important; object-fit: contain; margin: 0 !important; }
#guide-kind { padding: 8px 12px !important; }
#guide-kind label { padding: 4px 10px; }
#guide-kind .wrap { gap: 8px; }
#guide-reference .wrap, #guide-drop .wrap { font-size: 14px !important; line-height: 1.35; }
#guide-drop .icon-wrap { display: none; }
.about.kept { margin-top: 4px !important; }
#guide-examples .grid-wrap, #guide-visit .grid-wrap { max-height: none !important; min-height: 0 !important;
  height: auto !important; }
#guide-examples .grid-container { grid-template-columns: repeat(auto-fit, minmax(100px, 1fr)) !important; }
#guide-examples .thumbnail-lg { aspect-ratio: 4 / 3; }
#guide-visit .grid-container { grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)) !important; }
#guide-visit .thumbnail-lg { aspect-ratio: 1; }
#guide-visit img { width: 100%; height: 100%; object-fit: cover; }
#guide-examples .caption-label, #guide-visit .caption-label { left: 0 !important; right: 0 !important;
  bottom: 0 !important; max-width: none !important; width: 100%; border: none; border-radius: 0; text-align: left;
  font-size: 12px; opacity: 1; }
#guide-noise { align-items: flex-end; }
#guide-noise button { min-height: 42px; }
#batch-gallery .grid-wrap { max-height: none !important; min-height: 0 !important; height: auto !important; }
#batch-gallery .grid-container { grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)) !important; }
#batch-gallery .thumbnail-lg { aspect-ratio: 644 / 240; }
#batch-gallery .caption-label { left: 0 !important; right: 0 !important; bottom: 0 !important; max-width: none !important;
  width: 100%; border: none; border-radius: 0; text-align: left; font-size: 12px; opacity: 1; }
#batch-kind, #batch-colours, #batch-mode { padding: 8px 12px !important; }
#batch-kind label, #batch-colours label, #batch-mode label { padding: 4px 10px; }
#batch-files .wrap, #batch-folder .wrap, #batch-references .wrap, #batch-grade .wrap { font-size: 14px !important;
  line-height: 1.35; }
#batch-references .icon-wrap, #batch-grade .icon-wrap { display: none; }
.batch-bar { display: flex; flex-direction: column; gap: 4px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.batch-bar .track { height: 10px; border-radius: 4px; overflow: hidden; background: var(--border-color-primary); }
.batch-bar .track div { height: 100%; background: var(--slider-color); transition: width .3s; }
.notes + .notes { margin-top: 10px; }
.knows h3 { font-size: 14px !important; font-weight: 600 !important; margin: 10px 0 0 !important; }
.knows h3 span { font-weight: 400; color: var(--body-text-color-subdued); }
.knows p { margin: 2px 0 0 !important; font-size: 14px; color: var(--body-text-color-subdued); }
footer { margin-top: 8px !important; }
footer .divider { display: none !important; }
@media (max-width: 760px) {
  .gradio-container { padding: 8px !important; }
  .tab-container button { padding: 0 9px !important; font-size: 14px !important; }
  .halves { flex-direction: column; flex-wrap: nowrap !important; }
  .choices { display: contents !important; }
  .choices > * { order: 1; width: 100%; }
  .outcome { order: 2; min-width: 0 !important; width: 100%; }
  .choices > .examples-head, .choices > #examples, .choices > #guide-settings { order: 3; }
  .so-far, .painted { height: auto !important; aspect-ratio: 1; }
  #guide-pictures { flex-direction: column; }
  #guide-pictures > * { width: 100%; }
  .empty { height: 220px; }
}
"""
