"""The browser app. `python app.py` starts it; a Hugging Face Space runs this file."""

from studio.ui.app import address, build_app, launch_options, names_for, run_app, strangers_come, warm_up

strangers_come(address())
demo = build_app()

if __name__ == "__main__":
    warm_up()
    run_app(demo, launch_options(names_for(address())))
