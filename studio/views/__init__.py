"""What the front ends show of a result, without a toolkit: sentences, charts, small pictures, points that correspond."""
