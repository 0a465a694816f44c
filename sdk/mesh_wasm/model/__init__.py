"""The model: what the documents of TSB and Istio say, typed, with deferred leaves, and the reading of them."""
