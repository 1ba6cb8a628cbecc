"""The viewer: what a person looks at closely, piece by piece, in the tabs that show pictures.

The page's scripts (``*.js`` here, with OpenSeadragon for zoom and tiles) ask :mod:`studio.ui.desk.routes` for the pieces; what
can be asked for stands in :mod:`studio.ui.desk.state`.
"""
