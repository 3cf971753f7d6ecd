"""Who is told what, in the inbox and by mail, and who is called when nobody decides."""
