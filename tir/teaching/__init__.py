"""For who teaches: worksheets, problems with other numbers, wrong answers, rubrics."""
