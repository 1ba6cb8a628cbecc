"""The browser app. `python app.py` starts it; a Hugging Face Space runs this file."""

from studio.ui.app import build_app, launch_options, warm_up

demo = build_app()

if __name__ == "__main__":
    warm_up()
    demo.launch(**launch_options())
