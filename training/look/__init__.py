"""The recipe of the look estimate: free photographs, random renditions and looks, an ensemble of small networks."""
