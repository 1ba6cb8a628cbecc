"""How well guidance steers an embedded model toward the colours of a photograph, and what that costs.

    python -m benchmarks.guidance [--model pocket-64] [--prompts 16] [--references 8] [--figure docs/guidance.jpg]

Every scheme paints the same prompts with the same seeds toward the same reference photographs. Each is judged by

- W2: the exact Wasserstein distance (POT) in RGB (0..1) between 1,024 pixels of the picture and 1,024 colours of the reference,
  as the SW-Guidance paper measures it (arXiv 2503.19034); and SW: the sliced distance in CIE Lab that the app shows;
- top-5: how often a classifier that never saw the denoiser (training/classifier.py) has the prompt's object among its first 5;
- speckle: the energy of the highest frequencies in the flat background (training/measures.py), as a multiple of the plain
  images';
- structure: how far the gradients of lightness are those of the plain picture of the same seed (1: all edges are kept), and
  banding: the share of the plain picture's smooth area at which a step stands, or the order of lightness is broken, that the
  plain picture does not have (both training/contours.py). A picture that was painted anew has edges of its own, so both favour
  matches afterwards;
- the calls of the denoiser; the time of one picture painted alone, as a multiple of the time of the plain picture that was
  painted just before it; and the time that guidance itself takes in each step;
- the peak memory of a process that paints one picture, less that of a process that paints a plain one.

This needs the extras guide, training and dev. The first run trains the classifier (7 minutes on two cores) and keeps it in
build/training. The learning rate of the papers' scheme is chosen on two references and four prompts that are not reported. It
is chosen twice: for the smallest W2 alone, and for the smallest W2 within the limits that our own scheme has to keep (speckle
at most 1.3, top-5 at most 10 points lower than without guidance). The whole run takes about an hour and a half on two cores,
most of it for the papers' scheme. What has been painted is kept in build/guidance, so that a run that was cut off continues
from there. --only NAME runs one scheme, or several, beside the plain images; --no-top5 leaves the classifier out.

The rows "plain, then" are pictures painted without a reference and matched afterwards: by the colours that guidance sees (CDL,
LUT), as ``reswd match`` does under each of its wishes, and by color-matcher (pip install color-matcher). ``python -m
benchmarks.guidance.blind`` has people compare the rows.
"""
