"""Running a Pulumi program in-process on a recording resource monitor: no engine, no cluster, nothing written.

It is not the Pulumi engine and never says it is: no state, no diff, no provider, no policy. What it has is the real wire:
the program talks to it over gRPC exactly as it talks to the engine, so leaves are unknown and secret as they really are.
"""
