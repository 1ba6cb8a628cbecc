"""Which estimator of the sliced Wasserstein distance wins where: eight families of tasks, at equal sorts and at equal wall time.

    python -m benchmarks.estimators [--family NAME ...] [--report]

Every estimator is a loss on (points, dims) that sorts the same number of projections of the moving set at each step (8). For each
optimisation task the learning rate of each estimator is chosen from one grid that serves all, on three seeds that are not
reported. Then 12 to 48 other seeds run twice: for a number of steps that is the same for all estimators, and for the time that
plain sampling takes for these steps. A seed decides an estimator's directions and where an optimisation starts; the data of a
task never change. An error is always an exact distance at the end (POT's ``emd2`` for particles, 4,096 fixed directions for the
other optimisations), never an estimator's own loss.

Results are kept in docs/estimators.json as soon as a family is done, so that a run that was cut off continues with the next one.
``--report`` measures nothing and only writes the tables and figures of docs/estimators.md from them. The whole run takes about
three quarters of an hour on two cores. It needs the extras guide, training (for the figures) and dev.
"""
