import { keepAliveMs, largeBodies, maxBodyBytes, maxHeaderBytes, requestMs } from '../../services/shared/http/http-server.ts';
import { directory, pathTable, type ServiceName } from '../../services/shared/http/path-table.ts';
import { type ProblemCode, problem } from '../../services/shared/http/problems.ts';
import { startLinks, startPagePolicy } from './start-page.ts';

/** The ALB's idle timeout too: how long a connection may be silent, on either side, WebSockets included. */
const idleSeconds = 60;
/** A service that has not accepted a connection by then counts as down. */
const connectSeconds = 2;
/** How long a stopping nginx waits for open requests and WebSockets. */
const drainSeconds = 2;

export type NginxOptions = {
  /** An address and port, or a port. */
  listen: string;
  /** Each service's host and port. */
  servers: Record<ServiceName, string>;
  /** The workers' account, if root starts nginx. */
  user?: string | undefined;
  /** The file that browsers get at "/": start-page.html. */
  startPage: string;
  /** A DNS server to look the hosts of `servers` up again, if their addresses can change. Needs nginx 1.27.3 or newer. */
  resolver?: string;
};

/** The problems that nginx itself responds with, by status. */
const ownProblems: Record<number, { code: ProblemCode; detail?: string }> = {
  400: { code: 'INVALID_REQUEST', detail: 'The request is not well-formed HTTP' },
  404: { code: 'NOT_FOUND', detail: directory },
  405: { code: 'METHOD_NOT_ALLOWED' },
  413: { code: 'PAYLOAD_TOO_LARGE' },
  431: { code: 'HEADERS_TOO_LARGE' },
  500: { code: 'INTERNAL_ERROR' },
  502: { code: 'BAD_GATEWAY', detail: '$service closed the connection' },
  503: { code: 'SERVICE_UNAVAILABLE', detail: '$service cannot be reached' },
  504: { code: 'GATEWAY_TIMEOUT', detail: '$service took too long' },
};

/**
 * The configuration of an nginx with the ALB's rules: it passes each prefix of the path table to its service, unchanged, and
 * responds to any other path with a 404 that names the services. Only "/" is not the ALB's: it shows a newcomer around. A service
 * that cannot be reached is a 503, without a second try. Relative paths are below nginx's prefix folder (-p), the only one that it
 * writes to.
 */
export function nginxConfig({ listen, servers, user, startPage, resolver }: NginxOptions): string {
  const services = Object.entries(pathTable) as [ServiceName, { prefix: string }][];
  return `# Written by scripts/local/nginx-config.ts.
daemon off;
${user === undefined ? '' : `user ${user};\n`}pid nginx.pid;
# At "error", nginx logs request lines: they can contain secrets, and strangers could fill the disk with them.
error_log stderr crit;
# One worker can forward more requests than the services of one machine can handle.
worker_processes 1;
worker_shutdown_timeout ${drainSeconds}s;
pcre_jit on;

events {
  worker_connections 16384;
}

http {
  access_log off;
  server_tokens off;
  default_type application/octet-stream;
  client_body_temp_path client-body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;

  # Matches the path as sent, since the service gets it as sent: decoded or resolved, it could be another service's.
  map $request_uri $service {
${services.map(([service, { prefix }]) => `    "~^${prefix}(?:[/?]|$)" ${service};`).join('\n')}
  }

  # Browsers get the start page as HTML, programs as JSON.
  map $http_accept $start_format {
    "~text/html" html;
    default json;
  }
  map "$request_method $request_uri" $start {
    "~^(?:GET|HEAD) /(?:\\?|$)" $start_format;
  }

  # The client's request id if services accept it, otherwise a new one.
  map $http_x_request_id $onward_request_id {
    "" $request_id;
    "~^[\\w.:-]{1,64}$" $http_x_request_id;
    default $request_id;
  }

  # An HTTP/1.0 request may lack a Host.
  map $http_host $onward_host {
    "" $host;
    default $http_host;
  }

  # Only the handshake of a WebSocket keeps its Upgrade header.
  map $http_connection $asked_upgrade {
    "~*(?:^|[\\s,])upgrade(?:[\\s,]|$)" upgrade;
  }
  map $request_method:$http_upgrade $onward_connection {
    GET:websocket $asked_upgrade;
  }
  map $onward_connection $onward_upgrade {
    upgrade websocket;
  }

  # For responses of nginx itself; the services set these headers on theirs.
  map $upstream_http_x_request_id $own_request_id {
    "" $onward_request_id;
  }
  map $status:$upstream_http_retry_after $own_retry_after {
    "503:" 1;
  }
  # Only TRACE, which nginx never passes on, is refused here.
  map $status:$upstream_http_allow $own_allow {
    "405:" "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
  }
  map $upstream_http_x_content_type_options $own_content_type_options {
    "" nosniff;
  }

  map $uri $own_cache_control {
    "~^/start/" no-cache;
  }
  map $uri $own_vary {
    "~^/start/" Accept;
  }
  map $uri $own_content_security_policy {
    /start/html "${startPagePolicy()}";
  }

  # Without a connection the service did nothing (503). After that, nobody knows (502, 504).
  map $upstream_connect_time $broken {
    default 502;
    "" 503;
    - 503;
  }
  map $upstream_connect_time $late {
    default 504;
    "" 503;
    - 503;
  }

${services.map(([service]) => upstream(service, servers[service], resolver)).join('\n\n')}

  server {
    listen ${listen} backlog=4096;
    server_name localhost;

    keepalive_timeout ${idleSeconds}s;
    keepalive_requests 1000000;
    client_header_timeout ${requestMs / 1_000}s;
    client_body_timeout ${requestMs / 1_000}s;
    large_client_header_buffers 4 ${maxHeaderBytes};
    client_max_body_size ${maxBodyBytes};
    client_body_buffer_size ${maxBodyBytes};

    # An "add_header" in a location would drop these there.
    add_header X-Request-Id $own_request_id always;
    add_header Retry-After $own_retry_after always;
    add_header Allow $own_allow always;
    add_header X-Content-Type-Options $own_content_type_options always;
    add_header Cache-Control $own_cache_control always;
    add_header Vary $own_vary always;
    add_header Content-Security-Policy $own_content_security_policy always;

    proxy_http_version 1.1;
    proxy_redirect off;
    proxy_next_upstream off;
    proxy_connect_timeout ${connectSeconds}s;
    proxy_read_timeout ${idleSeconds}s;
    proxy_buffer_size 16k;
    proxy_buffers 8 16k;
    proxy_max_temp_file_size 0;
    proxy_set_header Host $onward_host;
    proxy_set_header Connection $onward_connection;
    proxy_set_header Upgrade $onward_upgrade;
    proxy_set_header X-Request-Id $onward_request_id;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Port $server_port;

    location / {
      if ($start) {
        rewrite ^ /start/$start last;
      }
      if ($service = "") {
        return 404;
      }
      proxy_pass http://$service;
    }

${Object.entries(largeBodies).map(largeBodyLocation).join('\n\n')}

    location = /start/html {
      internal;
      default_type "text/html; charset=utf-8";
      alias ${startPage};
    }

    location = /start/json {
      internal;
      default_type application/json;
      return 200 ${quoted(JSON.stringify(startLinks))};
    }

    error_page 400 501 505 = /problems/400;
    error_page 404 /problems/404;
    error_page 405 /problems/405;
    error_page 413 /problems/413;
    error_page 414 494 = /problems/431;
    error_page 500 /problems/500;
    error_page 502 = /problems/$broken;
    error_page 504 = /problems/$late;

${Object.entries(ownProblems).map(problemLocation).join('\n\n')}
  }
}
`;
}

const upstream = (service: ServiceName, server: string, resolver: string | undefined) => `  upstream ${service} {
${resolver === undefined ? `    server ${server};` : `    zone ${service} 64k;\n    resolver ${resolver} valid=5s;\n    server ${server} resolve;`}
    keepalive 256;
    keepalive_requests 1000000;
    # Shorter than the service's own timeout, so that a service never closes a connection that nginx is about to use.
    keepalive_timeout ${keepAliveMs / 1_000 - 5}s;
  }`;

/** Bodies above the usual size are written to a file, so that slow clients cannot fill the memory. */
const largeBodyLocation = ([service, bytes]: [string, number]) => `    location ${pathTable[service as ServiceName].prefix} {
      client_max_body_size ${bytes};
      # This location matches the resolved path, $service the path as sent: no other service gets large bodies.
      if ($service != ${service}) {
        return 404;
      }
      proxy_pass http://$service;
    }`;

function problemLocation([status, { code, detail }]: [string, { code: ProblemCode; detail?: string }]): string {
  const body = JSON.stringify(problem(code, detail === undefined ? {} : { detail }));
  return `    location = /problems/${status} {
      internal;
      default_type application/problem+json;
      return ${status} ${quoted(body)};
    }`;
}

/** Quotes a text for nginx's configuration; nginx still replaces variables in it. */
const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
