"""TIR in Jupyter: `%tir`, `%%tir`, live views, and values that show themselves."""
