"""Models on a server that speaks OpenAI's protocol, through the `openai` client.

What a server can do is found out by asking it (`asking`), and decides how a trajectory is kept
there: as one text (`completion`), as a chat whose last turn the model continues, or as a chat
in turns, with native tool calls where the server has them (`chat`).
"""
