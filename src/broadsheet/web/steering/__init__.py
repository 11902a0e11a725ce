"""The pages where readers steer, measure and watch: interests, replay, alerts."""
