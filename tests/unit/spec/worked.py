"""One file with nearly every key in it, as a team might write it."""

WORKED = """\
version: v1
kind: kubernetes
application: ticket desk
description: |
  Front desk. See https://wiki.example.test/desk
context:
  team: tickets
deploymentConfig:
  timeout: {duration: 12, unit: MINUTES}
  keepDeploymentObject: true
  ifDeploymentInProgress: {strategy: enqueueOne}
targets:
  staging:
    account: staging-cluster
    namespace: desk
    strategy: at once
    constraints:
      afterDeployment:
        - runWebhook:
            name: browser suite
            context: {suite: short}
            unit: SECONDS
  north (canary):
    account: north-cluster
    namespace: desk
    strategy: slowly
    constraints:
      dependsOn: [staging]
      beforeDeployment:
        - pause:
            untilApproved: true
            requiresRoles: [Release Lead]
            approvalExpiration: {duration: 6, unit: hours}
        - runWebhook: {name: note}
        - analysis:
            queries: [errors]
            interval: 30
            unit: seconds
            numberOfJudgmentRuns: 1
  south:
    account: south-cluster
    namespace: desk
    strategy: swap
    constraints:
      dependsOn: [staging]
manifests:
  - path: ../k8s/
  - path: /k8s-south/extra.yaml
    targets: [south]
  - inline: |
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: build}
strategies:
  at once:
    canary:
      steps:
        - setWeight: {weight: 100}
  slowly:
    canary:
      steps:
        - setWeight: 5
        - exposeServices:
            services: [desk]
            ttl: {duration: 2, unit: hours}
        - analysis:
            interval: 2
            units: minutes
            numberOfJudgmentRuns: 4
            lookbackMethod: GROWING
            abortOnFailedJudgment: true
            rollForwardMode: MANUAL
            metricProviderName: other
            queries: [errors, slowness]
            context:
              - region: north
              - tier: web
        - pause: {duration: 90, unit: seconds}
        - setWeight: {weight: 60}
        - pause: {untilApproved: true}
  swap:
    blueGreen:
      redirectTrafficAfter:
        - pause: {untilApproved: true}
      shutDownOldVersionAfter:
        - pause: {duration: 20, unit: minutes}
trafficManagement:
  - targets: [south]
    kubernetes:
      - activeService: desk
      - previewService: desk-next
  - targets: ["north (canary)"]
    smi:
      - rootServiceName: desk
    istio:
      - virtualService: {name: desk.shop, httpRouteName: main}
        destinationRule: {name: desk, activeSubsetName: v1}
analysis:
  defaultMetricProviderName: metrics
  queries:
    - name: errors
      upperLimit: 0.05
      lowerLimit: 0
      aggregationMethod: avg
      queryTemplate: >-
        sum(rate(failures{rs="{{armory.replicaSetName}}"}
        [{{armory.promQlStepInterval}}]))
    - name: slowness
      upperLimit: 250
      queryTemplate: p99_ms{region="{{context.region}}"}
      metricProviderName: metrics-2
    - name: never asked
      queryTemplate: "sum((("
webhooks:
  - name: browser suite
    method: post
    uriTemplate: https://ci.example.test/jobs/{{context.suite}}
    networkMode: remoteNetworkAgent
    headers:
      - {key: Authorization, value: "Bearer {{secrets.ci-token}}"}
    bodyTemplate:
      inline: >-
        {"answer": "{{armory.callbackUri}}/callback",
         "where": "{{armory.environmentName}}"}
    retryCount: 3
  - name: note
    uriTemplate: "{{ secrets.chat-url }}"
    agentIdentifier: nobody
    bodyTemplate: '{"text":"{{armory.applicationName}} waits"}'
    disableCallback: true
"""
