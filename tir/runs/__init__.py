"""Many problems, or a class: solved and marked row by row, in a folder that survives anything.

`campaign` evaluates a model on a problem set, `marking` marks students' answers; both write a
`store`, and `run` reads it. Nothing here prints.
"""
