"""What a learner asks beside "solve this": a hint, a look at my answer, what I did before."""
