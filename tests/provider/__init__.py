"""The components as the package that every Pulumi language uses."""
