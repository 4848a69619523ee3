"""An S3-compatible server on a free port of loopback, which asks for credentials, until standard input ends."""

import json
import sys
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f"http://127.0.0.1:{port}"
start = {"endpoint_url": url, "region_name": "us-east-1", "aws_access_key_id": "start", "aws_secret_access_key": "start"}
boto3.client("s3", **start).create_bucket(Bucket="archives")
iam = boto3.client("iam", **start)


def user(name, actions):
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return [key["AccessKeyId"], key["SecretAccessKey"]]


users = {"writer": user("writer", ["s3:*"]), "reader": user("reader", ["s3:GetObject", "s3:ListBucket"])}
# From here on every request must be signed by one of them.
request = urllib.request.Request(f"{url}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}, method="POST")
urllib.request.urlopen(request, timeout=10).read()
print(json.dumps({"url": url, **users}), flush=True)
sys.stdin.read()
server.stop()
