{{- define "http-responder.name" -}}
{{ printf "%s" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "http-responder.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "http-responder.labels" -}}
{{ include "http-responder.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- /* A number or a switch as TOML has it, all else as a string. */ -}}
{{- define "http-responder.toml" -}}
{{- range $name, $value := . }}
{{ $name }} = {{ if kindIs "string" $value }}{{ $value | quote }}{{ else if kindIs "float64" $value }}{{ int64 $value }}{{ else }}{{ $value }}{{ end }}
{{- end }}
{{- end }}
