{{/* The image of a component: its tag, and its digest where one is pinned. */}}
{{- define "shop.image" -}}
{{ .repository }}:{{ required "a tag is needed: embark writes it" .tag }}{{ with .digest }}@{{ . }}{{ end }}
{{- end }}
