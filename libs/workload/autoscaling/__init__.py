"""HorizontalPodAutoscalers of released Deployments: found, held while a release moves pods, and put back at its end."""
