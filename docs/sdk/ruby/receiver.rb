# Receives webhooks of Splits Network with Ruby's standard library alone: ruby receiver.rb
# SPLITS_WEBHOOK_SECRET is the whsec_… that was shown when the endpoint was made.
require "json"
require "openssl"
require "socket"

TOLERANCE_SECONDS = 300
KEY = ENV.fetch("SPLITS_WEBHOOK_SECRET").delete_prefix("whsec_").unpack1("m")
HANDLED = {} # in your database: the same event may come more than once

# Whether a delivery is ours and fresh. body: the bytes as they came, never parsed and written again.
def genuine?(headers, body, now = Time.now.to_i)
  id = headers["webhook-id"].to_s
  timestamp = headers["webhook-timestamp"].to_s
  return false unless timestamp.match?(/\A\d+\z/) && (now - timestamp.to_i).abs <= TOLERANCE_SECONDS

  expected = [OpenSSL::HMAC.digest("SHA256", KEY, "#{id}.#{timestamp}.".b + body.b)].pack("m0")
  # while a secret is being rotated there are several signatures: any of them will do
  headers["webhook-signature"].to_s.split(" ").any? do |signature|
    version, value = signature.split(",", 2)
    version == "v1" && OpenSSL.secure_compare(value.to_s, expected)
  end
end

def serve(socket)
  socket.gets # the request line
  headers = {}
  while (line = socket.gets&.chomp) && line != ""
    name, value = line.split(":", 2)
    headers[name.downcase] = value.to_s.strip
  end
  body = socket.read(headers["content-length"].to_i)
  genuine = genuine?(headers, body)
  # answer first, work later: 15 seconds are all there is
  socket.write("HTTP/1.1 #{genuine ? '204 No Content' : '401 Unauthorized'}\r\nConnection: close\r\n\r\n")
  socket.close
  return if !genuine || HANDLED.key?(headers["webhook-id"])

  HANDLED[headers["webhook-id"]] = true
  event = JSON.parse(body)
  puts "verified: #{event['type']} #{JSON.generate(event['data'])}"
end

if $PROGRAM_NAME == __FILE__
  $stdout.sync = true
  server = TCPServer.new("127.0.0.1", Integer(ENV.fetch("PORT", "4000")))
  puts "listening"
  loop { Thread.new(server.accept) { |socket| serve(socket) } }
end
