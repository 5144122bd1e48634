"""A double of a Kubernetes cluster: kubectl commands that run pods on this machine.

It admits objects as the API server does, and starts the containers of their pods with exactly the
environment, files, user and limits of the manifests, in the images of a container engine or in
namespaces of Linux.
"""
