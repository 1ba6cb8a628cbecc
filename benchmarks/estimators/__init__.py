"""Which estimator of the sliced Wasserstein distance wins, where: eight families of tasks, at equal sorts and at equal wall time.

    python -m benchmarks.estimators [--family NAME ...] [--report]

Every estimator is a loss on (points, dims) that sorts the same number of directions of the moving set at each step (8). For the
optimisation tasks its learning rate is chosen on three seeds that are not reported, from one grid for all. Then 12 to 48 others
run twice: for a number of steps that is the same for all, and for the time that plain sampling takes for those. A seed decides
the estimator's directions and where an optimisation starts; the data of a task never change. Errors are exact distances at the
end (POT's ``emd2`` for particles, 4,096 fixed directions otherwise), never an estimator's own loss.

Results are kept in docs/estimators.json family by family, so that a run that was cut off goes on; ``--report`` only writes the
tables and the figure of docs/estimators.md from them. Everything takes about three quarters of an hour on two cores. Needs the
extras guide, training (for the figure) and dev.
"""
